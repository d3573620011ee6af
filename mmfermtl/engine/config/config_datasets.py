"""The expression datasets that a config trains and tests on."""
import copy
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

from ...datasets import ExpressionDataset, GeneratedFaces
from ...registry import DATASETS
from ...utils.errors import UserError
from ...utils.quiet_logger import quiet_logger

#: Wrappers that keep all samples of what they wrap.
WRAPPERS = ('ConcatDataset', 'RepeatDataset', 'ClassBalancedDataset')
HELD_OUT = ('val', 'test')


class FoldDatasets(NamedTuple):
    """The two sides of one fold."""

    #: None if the config has no folds, or several kinds of them.
    fold: Optional[int]
    train: List[ExpressionDataset]
    #: Of validation and test, each dataset once.
    test: List[ExpressionDataset]


def build_datasets(cfg: Config,
                   split: str,
                   pipeline: bool = True) -> List[ExpressionDataset]:
    """Build the datasets of one loader, wrappers taken off.

    Args:
        cfg (Config): The config.
        split (str): ``'train'``, ``'val'`` or ``'test'``.
        pipeline (bool): Whether to build the pipelines too. Defaults to True.

    Returns:
        list[ExpressionDataset]: One for each that the loader mixes.

    Raises:
        UserError: If there is no such loader, or it holds a dataset or a
            wrapper that is not known.
    """
    leaves = dataset_configs(cfg, split)
    return [_build(cfg, leaf, pipeline) for leaf in leaves]


def iterate_folds(cfg: Config, every_fold: bool) -> Iterator[FoldDatasets]:
    """Build both sides of each fold, without pipelines.

    Args:
        cfg (Config): The config.
        every_fold (bool): Whether to go through all folds; otherwise only
            the config as it is. A config whose datasets differ in their
            folds, or have none, is taken as it is; so is one with painted
            faces, which belong to the fold that they were painted for.

    Yields:
        FoldDatasets: Train and test side of a fold.

    Raises:
        UserError: As :func:`build_datasets`.
    """
    train = dataset_configs(cfg, 'train')
    test: List[Dict[str, Any]] = []
    for split in HELD_OUT:
        if cfg.get(f'{split}_dataloader') is not None:
            test += [d for d in dataset_configs(cfg, split) if d not in test]
    if not test:
        raise UserError(f'{cfg.filename} has neither val_dataloader nor '
                        'test_dataloader, so that nothing is held out')
    folds = {leaf.get('fold') for leaf in train + test}
    fold = folds.pop() if len(folds) == 1 else None
    now = FoldDatasets(fold, [_build(cfg, leaf, False) for leaf in train],
                       [_build(cfg, leaf, False) for leaf in test])
    painted = any(isinstance(one, GeneratedFaces) for one in now.train)
    if painted and every_fold and fold is not None:
        MMLogger.get_current_instance().info(
            f'Painted faces are of one fold: fold {fold} alone is looked at')
        every_fold = False
    numbers = {_number_of_folds(one) for one in now.train + now.test}
    if not every_fold or fold is None or len(numbers) > 1:
        yield now
        return
    for k in range(numbers.pop()):
        if k == fold:
            yield now
            continue
        # What the datasets have to say, they said for the first fold.
        with quiet_logger():
            sides = [[_build(cfg, dict(leaf, fold=k), False) for leaf in side]
                     for side in (train, test)]
        yield FoldDatasets(k, *sides)


def dataset_configs(cfg: Config, split: str) -> List[Dict[str, Any]]:
    """Configs of the datasets of one loader, as :func:`build_datasets`."""
    loader = cfg.get(f'{split}_dataloader')
    if loader is None or loader.get('dataset') is None:
        raise UserError(f'{cfg.filename} has no {split}_dataloader with a '
                        'dataset; choose another split or another config')
    place = f'{cfg.filename}: {split}_dataloader.dataset'
    return list(_leaves(loader.dataset, place))


def _leaves(node: Dict[str, Any], place: str) -> Iterator[Dict[str, Any]]:
    """Go through the wrappers of a dataset config."""
    kind = node.get('type')
    name = kind if isinstance(kind, str) else getattr(kind, '__name__', '')
    inner = node.get('datasets') or [node.get('dataset')]
    if name.rsplit('.', 1)[-1] in WRAPPERS and all(inner):
        for child in inner:
            yield from _leaves(child, place)
        return
    found = DATASETS.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(found, type) and issubclass(found, ExpressionDataset)):
        raise UserError(
            f'{place} is of type {name!r}; expected a dataset of mmfermtl '
            f'such as mmfermtl.CKPlus48, or {", ".join(WRAPPERS)} around one')
    yield dict(node)


def _build(cfg: Config, leaf: Dict[str, Any],
           pipeline: bool) -> ExpressionDataset:
    """Build one dataset."""
    leaf = copy.deepcopy(leaf)
    if pipeline:
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    else:
        # Unserialized, for MMEngine collects garbage after serializing.
        leaf.update(pipeline=[], serialize_data=False)
    return DATASETS.build(leaf)


def _number_of_folds(dataset: ExpressionDataset) -> int:
    """How many folds the subjects were divided into."""
    return len(getattr(dataset, 'fold_sizes', ())) or dataset.num_folds
