"""What a runner knows of its data, and the check of what it begins with."""
import dataclasses
from typing import Any, Dict

from mmengine.dist import get_world_size
from mmengine.runner import Runner

from ..checkpoints.checkpoint_check import HeldOut, check_held_out
from ..checkpoints.training_facts import TrainingFacts, describe_dataset
from .leak_check_hook import held_out_sets


def check_start(runner: Runner, checkpoint: Dict[str, Any], path: str,
                role: str) -> TrainingFacts:
    """Refuse to begin with weights that have seen whom the run holds out.

    Args:
        runner (Runner): A runner whose training loader is built.
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for messages.
        role (str): What the run takes it for.

    Returns:
        TrainingFacts: What the checkpoint was trained on.

    Raises:
        ValueError: If it was trained on held-out subjects, unless a hook of
            the run allows that.
    """
    held_out = HeldOut.of(dataset for _, dataset in held_out_sets(runner))
    return check_held_out(checkpoint, path, held_out,
                          f'start checkpoint ({role})', leak_allowed(runner))


def leak_allowed(runner: Runner) -> bool:
    """Whether a hook of a run allows to measure on whom it trains on."""
    return any(getattr(hook, 'allow_leak', False) for hook in runner.hooks)


def collect_facts(runner: Runner) -> TrainingFacts:
    """Describe the training set of a run and its loader.

    Args:
        runner (Runner): A runner whose training loader is built.

    Returns:
        TrainingFacts: The facts, without what the run began with.
    """
    loader = runner.train_dataloader
    batch = loader.batch_size
    if batch is None:  # as with a batch sampler of its own
        batch = getattr(loader.batch_sampler, 'batch_size', None)
    return dataclasses.replace(
        describe_dataset(loader.dataset),
        batch_size=None if batch is None else batch * get_world_size(),
        steps_per_epoch=len(loader))
