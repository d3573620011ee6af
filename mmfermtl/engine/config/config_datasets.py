"""Build the expression datasets that a config trains and tests on."""
import copy
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

from ...datasets import ExpressionDataset, GeneratedFaces
from ...registry import DATASETS
from ...utils.errors import UserError
from ...utils.quiet_logger import quiet_logger
from ...utils.wrapped_datasets import inner_datasets, walk_datasets

#: Wrappers that keep all samples of what they wrap.
WRAPPERS = ('ConcatDataset', 'RepeatDataset', 'ClassBalancedDataset')


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
    """Build the datasets of one loader without their wrappers.

    The loader is that of ``'train'``, ``'val'`` or ``'test'``.

    Raises:
        UserError: If there is no such loader, or it has a dataset or a
            wrapper that is not known.
    """
    leaves = dataset_configs(cfg, split)
    return [_build(cfg, leaf, pipeline) for leaf in leaves]


def iterate_folds(cfg: Config, every_fold: bool) -> Iterator[FoldDatasets]:
    """Build both sides of one or ``every_fold``, without pipelines.

    A config whose datasets differ in their folds, or have none, is taken as
    it is; so is one with generated images, which are of one fold.
    """
    train = dataset_configs(cfg, 'train')
    test: List[Dict[str, Any]] = []
    for split in ('val', 'test'):
        if cfg.get(f'{split}_dataloader') is not None:
            test += [d for d in dataset_configs(cfg, split) if d not in test]
    if not test:
        raise UserError(f'{cfg.filename} has neither val_dataloader nor '
                        'test_dataloader, so that nothing is held out')
    folds = {leaf.get('fold') for leaf in train + test}
    fold = folds.pop() if len(folds) == 1 else None
    now = FoldDatasets(fold, [_build(cfg, leaf, False) for leaf in train],
                       [_build(cfg, leaf, False) for leaf in test])
    generated = any(isinstance(one, GeneratedFaces) for one in now.train)
    if generated and every_fold and fold is not None:
        MMLogger.get_current_instance().info(
            f'Generated images are of one fold: fold {fold} alone is used')
        every_fold = False
    numbers = {
        len(getattr(one, 'fold_sizes', ())) or one.num_folds
        for one in now.train + now.test
    }
    if not every_fold or fold is None or len(numbers) > 1:
        yield now
        return
    for k in range(numbers.pop()):
        if k == fold:
            yield now
            continue
        # The datasets logged their messages for the first fold.
        with quiet_logger():
            sides = [[_build(cfg, dict(leaf, fold=k), False) for leaf in side]
                     for side in (train, test)]
        yield FoldDatasets(k, *sides)


def dataset_configs(cfg: Config, split: str) -> List[Dict[str, Any]]:
    """List the configs of the datasets of one loader."""
    loader = cfg.get(f'{split}_dataloader')
    if loader is None or loader.get('dataset') is None:
        raise UserError(f'{cfg.filename} has no {split}_dataloader with a '
                        'dataset; choose another split or another config')
    leaves = []
    for node in walk_datasets(loader.dataset):
        kind = node.get('type')
        name = kind if isinstance(kind, str) else getattr(kind, '__name__', '')
        inner = inner_datasets(node)
        if inner and name.rsplit('.', 1)[-1] in WRAPPERS:
            continue
        found = DATASETS.get(kind) if isinstance(kind, str) else kind
        if inner or not (isinstance(found, type)
                         and issubclass(found, ExpressionDataset)):
            raise UserError(
                f'{cfg.filename}: {split}_dataloader.dataset is of type '
                f'{name!r}; expected a dataset of mmfermtl such as '
                f'mmfermtl.CKPlus48, or {", ".join(WRAPPERS)} around one')
        leaves.append(dict(node))
    return leaves


def _build(cfg: Config, leaf: Dict[str, Any],
           pipeline: bool) -> ExpressionDataset:
    leaf = copy.deepcopy(leaf)
    if pipeline:
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    else:
        # Unserialized, for MMEngine collects garbage after serializing.
        leaf.update(pipeline=[], serialize_data=False)
    return DATASETS.build(leaf)
