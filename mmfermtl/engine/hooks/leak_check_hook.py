from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from mmengine.dist import (broadcast_object_list, get_world_size,
                           is_main_process)
from mmengine.hooks import Hook
from mmengine.registry import DATASETS
from mmengine.runner import BaseLoop, Runner
from torch.utils.data import DataLoader

from ...datasets import GeneratedFaces
from ...datasets.subjects.subject_identity import (Identity, SubjectName,
                                                   subject_identity)
from ...registry import HOOKS
from ...utils.wrapped_datasets import (leaf_datasets, sample_record,
                                       walk_samples)
from ..held_out_overlap import ComparedSet, find_overlap

#: Key of the outcome in MMEngine's message hub, and so in checkpoints.
LEAK_KEY = 'leak'
_FIX = ("give both loaders the same fold, num_folds and fold_rule, train on "
        "split='train' and measure on split='test'; remove copies, which "
        'tools/check_leaks.py lists')


@HOOKS.register_module()
class LeakCheckHook(Hook):
    """Refuse to train on what the model is measured on.

    Before the first step the built training set is compared with the built
    validation and test sets: the subjects, the files, their contents, and the
    folds of generators whose images are trained on, also inside wrappers of
    MMEngine and mmpretrain (``ConcatDataset``, ``KFoldDataset`` and the
    like). A test set that is not validated on is built for the comparison.

    Rank 0 compares, and all ranks end in the same way.

    Args:
        allow_leak (bool): Whether to warn and continue; ``summary.json``
            then lists what is shared. Defaults to False.

    Images that were generated from other subjects than ``train_subjects``
    keeps are refused, too.

    Raises:
        ValueError: If something is shared, unless that is allowed.
    """

    priority = 'VERY_HIGH'

    def __init__(self, allow_leak: bool = False) -> None:
        self.allow_leak = allow_leak

    def before_train(self, runner: Runner) -> None:
        """Compare the sets."""
        outcome: List[Any] = [None, None]
        if is_main_process():
            try:
                outcome[0] = find_leaks(runner)
            except Exception as error:  # The other ranks wait for a result.
                if get_world_size() == 1:
                    raise
                outcome[1] = f'{type(error).__name__}: {error}'
        broadcast_object_list(outcome)
        leak, failure = outcome
        if failure is not None:
            raise ValueError(f'the training set could not be compared with '
                             f'the held-out sets: {failure}')
        runner.message_hub.update_info(LEAK_KEY, leak or '')
        if not leak:
            return
        name = runner.cfg.filename or 'the config'
        text = (f'{name}: {leak}. Scores would not hold for subjects that the '
                'model has not seen')
        if not self.allow_leak:
            raise ValueError(
                f'{text}: {_FIX}. To train all the same, use --allow-leak '
                '(default_hooks.leak_check.allow_leak=True), which '
                'summary.json records')
        runner.logger.warning(f'{text}. Continues, as --allow-leak asks')


def find_leaks(runner: Runner) -> Optional[str]:
    """Describe what training and held-out sets share; None if nothing."""
    train = ComparedSet('train_dataloader', [runner.train_dataloader.dataset])
    check_generated_subjects(runner.train_dataloader.dataset)
    found = []
    unknown = set(train.unknown)
    for name, dataset in held_out_sets(runner):
        held_out = ComparedSet(name, [dataset])
        unknown |= held_out.unknown
        overlap = find_overlap(train, held_out)
        if any(overlap):
            found.append(f'{train.describe()} and {held_out.describe()} '
                         f'{overlap}')
    if unknown:
        runner.logger.warning(
            'Whether training and held-out sets share subjects or images was '
            f'not checked for {", ".join(sorted(unknown))}, which does not '
            'describe its samples (get_data_info).')
    return '; '.join(found) or None


def check_generated_subjects(dataset: Any) -> None:
    """Refuse generated images of subjects that ``train_subjects`` leaves out.

    Their generation has to be from the same few subjects: else a training
    set of five subjects has the faces of others.

    Args:
        dataset (Dataset): The built training set, wrapped or not.

    Raises:
        ValueError: If there are such images.
    """
    real: Set[Identity] = set()
    generated: Dict[Identity, str] = {}
    few: Dict[str, Set[str]] = {}
    for leaf, index in walk_samples(dataset):
        identity = subject_identity(leaf, sample_record(leaf, index) or {})
        if identity is None:
            continue
        space, name = identity[0], SubjectName(identity[1])
        if isinstance(leaf, GeneratedFaces):
            generated.setdefault((space, name), leaf.data_root)
            continue
        real.add((space, name))
        if getattr(leaf, 'train_subjects', None) is not None:
            few.setdefault(space, set()).update(leaf.kept_subjects)
    # Also those of whom `train_without` leaves no image.
    real |= {(space, SubjectName(name))
             for space, names in few.items()
             for name in names}
    strangers = sorted(identity for identity in generated
                       if identity[0] in few and identity not in real)
    if strangers:
        raise ValueError(
            f'{generated[strangers[0]]}: {len(strangers)} of '
            f'{len(generated)} subjects ({strangers[0][1]}, ...) are not '
            f'among the {sum(map(len, few.values()))} that `train_subjects` '
            'keeps; generate images for this draw and number of subjects '
            'with tools/synthesize.py, or name them in `data_root` ({fold}, '
            'and in a study {seed} and {subjects})')


def held_out_sets(runner: Runner) -> Iterator[Tuple[str, Any]]:
    """Yield name and dataset of the validation and the test loader.

    The loaders may not be built yet; a dataset that only the test needs is
    built for the comparison.
    """
    known: List[dict] = []
    for name, loop in (('val_dataloader', runner._val_loop),
                       ('test_dataloader', runner._test_loop)):
        loader = getattr(runner, f'_{name}')
        config = loader.get('dataset') if isinstance(loader, dict) else None
        leaves = list(leaf_datasets(config))
        if isinstance(loop, BaseLoop):
            yield name, loop.dataloader.dataset
        elif isinstance(loader, DataLoader):
            yield name, loader.dataset
        elif isinstance(config, dict):
            if not all(leaf in known for leaf in leaves):
                try:
                    yield name, DATASETS.build(config)
                except FileNotFoundError as error:
                    runner.logger.warning(
                        'Whether the training set shares subjects or images '
                        f'with that of {name} was not checked: {error}')
        elif config is not None:
            yield name, config
        known += leaves
