"""Check that checkpoints hold out the test subjects of a config."""
from typing import Any, Dict

from mmengine.config import Config
from mmengine.registry import init_default_scope

from ..datasets.in_the_wild import has_fixed_splits
from ..datasets.subjects.subject_folds import TRAIN_SPLITS
from ..engine.checkpoints.checkpoint_check import (HeldOut, check_expectations,
                                                   check_held_out)
from ..engine.checkpoints.training_facts import (config_options,
                                                 describe_dataset, read_facts)
from ..engine.config.held_out_guard import is_generated
from ..registry import DATASETS
from ..utils.errors import UserError
from ..utils.wrapped_datasets import leaf_datasets


def training_leaf(cfg: Config) -> Dict[str, Any]:
    """Copy the config of the one real dataset that a config trains on.

    Raises:
        UserError: If there is none, several, or one without folds.
    """
    loader = cfg.to_dict().get('train_dataloader') or {}
    leaves = [
        leaf for leaf in leaf_datasets(loader.get('dataset'))
        if not is_generated(leaf.get('type'))
    ]
    if len(leaves) != 1:
        raise UserError(f'{cfg.filename} trains on {len(leaves)} datasets of '
                        'real images; expected one, which the sources are '
                        'taken from: give the config of the generator')
    if has_fixed_splits(leaves[0]):
        raise UserError(f'{cfg.filename} trains on {leaves[0]["type"]}, which '
                        'has fixed splits; a generated set records the fold '
                        'of its sources, so train the generator on a dataset '
                        'with folds')
    return leaves[0]


def scored_dataset(cfg: Config) -> Any:
    """Build the one dataset that a config tests on.

    Raises:
        UserError: If it tests on several datasets.
    """
    found = (cfg.get('test_dataloader') or {}).get('dataset')
    leaves = list(leaf_datasets(found))
    if len(leaves) != 1:
        raise UserError(f'{cfg.filename} tests on {len(leaves)} datasets; '
                        'expected one, of which every image is translated')
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    return DATASETS.build(found)


def check_not_tested(checkpoint: Dict[str, Any], path: str, dataset: Any,
                     role: str) -> None:
    """Refuse a checkpoint that was trained on the subjects of a test set.

    One that records nothing of its training is of other data: a network from
    outside. The dataset is a built one, path and role are for messages.

    Raises:
        ValueError: If it was trained on them.
    """
    if read_facts(checkpoint, path).evidence != 'nothing':
        check_held_out(checkpoint, path, HeldOut.of([dataset]), role)


def check_agreement(checkpoint: Dict[str, Any],
                    path: str,
                    leaf: Dict[str, Any],
                    role: str,
                    outside_data: bool = False) -> Dict[str, Any]:
    """Refuse a checkpoint that may have been trained on held-out subjects.

    This includes the checkpoints that it was initialised from. With
    ``outside_data`` it may be of other datasets alone, or not record any;
    else it must have the same classes. Path and role are for messages.

    Returns:
        dict: Options that decide the fold, see
        :func:`~mmfermtl.engine.checkpoints.training_facts.config_options`.

    Raises:
        UserError: If no subject is held out, or nothing is recorded.
        ValueError: If it was trained on held-out subjects, or has other
            classes.
    """
    facts = config_options(leaf)
    if facts['split'] not in TRAIN_SPLITS or (facts['fold'] is None
                                              and not has_fixed_splits(leaf)):
        raise UserError(
            f'the source dataset has split={facts["split"]!r} and '
            f'fold={facts["fold"]!r}, so no subject is held out; train the '
            "generator with split='train' and a fold")
    known = read_facts(checkpoint, path)
    if known.evidence == 'nothing':
        if outside_data:
            return facts
        raise UserError(
            f'the {role} {path} does not record what it was trained on, so '
            'it may know the test subjects; give a checkpoint that '
            'tools/train.py wrote (epoch_N.pth)')
    # All subjects that the training split leaves out.
    splits = ['test'] if facts['split'] == 'train' else ['test', 'inner_val']
    options = {
        k: v
        for k, v in leaf.items() if k not in ('indices', 'pairs', 'test_mode')
    }
    held_out = [
        DATASETS.build(dict(options, split=one, pipeline=[])) for one in splits
    ]
    check_held_out(checkpoint, path, HeldOut.of(held_out), role)
    if not outside_data:
        check_expectations(
            known, f'{role} {path}', describe_dataset(held_out[0]), size=False)
    return facts
