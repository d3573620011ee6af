from typing import Any, Optional

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from ...registry import HOOKS
from ...utils.random_state import keyed_words
from ...utils.wrapped_datasets import walk_datasets


@HOOKS.register_module()
class DrawSeedHook(Hook):
    """Make every random draw a function of seed and epoch or iteration.

    Samples are drawn from (seed, epoch, index), see
    :meth:`~mmfermtl.datasets.ExpressionDataset.set_draw_state`, and the
    model's own draws (dropout, batch augmentations) from (seed, iteration,
    rank). A resumed run thus equals an uninterrupted one, which MMEngine
    alone does not give: it stores no state of the random generators.

    With an iteration-based loop the samples are drawn from (seed, iteration,
    index), which is reproducible with ``num_workers=0``.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Start at the epoch or iteration of the runner."""
        self._set_state(runner,
                        runner.epoch if _has_epochs(runner) else runner.iter)

    def before_train_epoch(self, runner: Runner) -> None:
        """Set the draws of this epoch."""
        if _has_epochs(runner):
            self._set_state(runner, runner.epoch)

    def before_train_iter(self,
                          runner: Runner,
                          batch_idx: int,
                          data_batch: Optional[Any] = None) -> None:
        """Seed the generators that the model draws from."""
        seed, = keyed_words(runner.seed, runner.iter, get_rank(), count=1)
        np.random.seed(seed)
        torch.manual_seed(seed)

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Optional[Any] = None,
                         outputs: Optional[dict] = None) -> None:
        """Set the draws of the next iteration of a loop without epochs."""
        if not _has_epochs(runner):
            self._set_state(runner, runner.iter + 1)

    @staticmethod
    def _set_state(runner: Runner, epoch: int) -> None:
        for dataset in walk_datasets(runner.train_dataloader.dataset):
            if hasattr(dataset, 'set_draw_state'):
                dataset.set_draw_state(runner.seed, epoch)


def _has_epochs(runner: Runner) -> bool:
    """Return whether the loop counts epochs; others stay at 0."""
    return isinstance(runner.train_loop, EpochBasedTrainLoop)
