"""Collect the facts of a run, and check its initial weights."""
import dataclasses
from typing import Any, Dict

from mmengine.dist import get_world_size
from mmengine.runner import Runner

from ..checkpoints.checkpoint_check import HeldOut, check_held_out
from ..checkpoints.training_facts import TrainingFacts, describe_dataset
from .leak_check_hook import held_out_sets


def check_start(runner: Runner, checkpoint: Dict[str, Any], path: str,
                role: str) -> TrainingFacts:
    """Refuse initial weights that were trained on held-out subjects.

    Raises:
        ValueError: If so, unless a hook of the run allows that.
    """
    held_out = HeldOut.of(dataset for _, dataset in held_out_sets(runner))
    return check_held_out(checkpoint, path, held_out,
                          f'start checkpoint ({role})', leak_allowed(runner))


def leak_allowed(runner: Runner) -> bool:
    """Return whether a hook allows to train on subjects of the test."""
    return any(getattr(hook, 'allow_leak', False) for hook in runner.hooks)


def collect_facts(runner: Runner) -> TrainingFacts:
    """Describe the training set of a run and its loader, once built."""
    loader = runner.train_dataloader
    batch = loader.batch_size
    if batch is None:  # as with a custom batch sampler
        batch = getattr(loader.batch_sampler, 'batch_size', None)
    return dataclasses.replace(
        describe_dataset(loader.dataset),
        batch_size=None if batch is None else batch * get_world_size(),
        steps_per_epoch=len(loader))
