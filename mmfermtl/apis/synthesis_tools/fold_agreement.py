"""Prove that checkpoints and a config hold out the same persons."""
from typing import Any, Dict, List

from mmengine.config import Config

from ...datasets.subject_folds import TRAIN_SPLITS
from ...engine.recorded_config import (dataset_facts, leaf_datasets,
                                       trained_datasets)
from ..user_errors import UserError

PAINTED = 'SynthesizedFaces'


def training_leaf(cfg: Config) -> Dict[str, Any]:
    """Config of the one real dataset that a config trains on.

    Args:
        cfg (Config): A loaded config.

    Returns:
        dict: A copy.

    Raises:
        UserError: If there is none, or several.
    """
    loader = cfg.to_dict().get('train_dataloader') or {}
    leaves = [
        leaf for leaf in leaf_datasets(loader.get('dataset'))
        if dataset_facts(leaf)['type'] != PAINTED
    ]
    if len(leaves) != 1:
        raise UserError(f'{cfg.filename} trains on {len(leaves)} datasets of '
                        'real faces; expected one, whose training subjects '
                        'are painted: give the config of the generator')
    return leaves[0]


def check_agreement(checkpoint: Dict[str, Any],
                    path: str,
                    leaf: Dict[str, Any],
                    role: str,
                    outside_data: bool = False) -> Dict[str, Any]:
    """Refuse a checkpoint that may have seen the held-out persons.

    Its recorded config must train on the same dataset with the same fold,
    rule, classes and whatever else decides who is in which fold.

    Args:
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for messages.
        leaf (dict): Config of the training dataset, see
            :func:`training_leaf`.
        role (str): What the checkpoint is called in messages.
        outside_data (bool): Whether one that was trained on other datasets
            alone, or does not say, is fine. Defaults to False.

    Returns:
        dict: What decides the fold, see
        :func:`~mmfermtl.engine.recorded_config.dataset_facts`.

    Raises:
        UserError: If they do not agree, or nothing is recorded.
    """
    facts = dataset_facts(leaf)
    if facts['split'] not in TRAIN_SPLITS or facts['fold'] is None:
        raise UserError(
            f'the dataset to paint from has split={facts["split"]!r} and '
            f'fold={facts["fold"]!r}, so that nobody is held out; train the '
            "generator with split='train' and a fold")
    trained = [f for f in trained_datasets(checkpoint) if f['type'] != PAINTED]
    if outside_data:
        trained = [f for f in trained if f['type'] == facts['type']]
        if not trained:
            return facts
    if not trained:
        raise UserError(
            f'the {role} {path} does not record what it was trained on, so '
            'that it may know the test subjects; give a checkpoint that '
            'tools/train.py wrote (epoch_N.pth)')
    problems = [line for one in trained for line in _differences(one, facts)]
    if problems:
        raise UserError(
            f'the {role} {path} was trained on other faces than the config '
            f'says ({"; ".join(problems)}): subjects of the test fold may '
            'be among them. Give the config and the fold of its training')
    return facts


def _differences(found: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    return [
        f'{key}: {found.get(key)!r} there, {wanted.get(key)!r} here'
        for key in sorted({*found, *wanted})
        if found.get(key) != wanted.get(key)
    ]
