import math
import re
from typing import Any, Dict, FrozenSet, List, Optional

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from ...registry import HOOKS


@HOOKS.register_module()
class DivergenceHook(Hook):
    """Stop a training that can no longer learn anything.

    It stops if

    - there is no batch to train on,
    - a loss was not finite for several steps in a row. A single step may
      recover, because a scaler of float16 gradients skips it. The values are
      those that MMEngine has logged, so that the device is not synchronised;
    - the weights, or running statistics, are not finite at the end of an
      epoch or in a checkpoint about to be saved.

    Args:
        patience (int): Steps in a row with a loss that is not finite.
            Defaults to 10.

    Raises:
        ValueError: If the training should stop.
    """

    # Before a checkpoint of the epoch is saved.
    priority = 'NORMAL'

    def __init__(self, patience: int = 10) -> None:
        self.patience = patience
        self._count = 0
        self._exempt: FrozenSet[str] = frozenset()

    def before_train(self, runner: Runner) -> None:
        """Require a batch, and remember constants such as masks."""
        self._count = 0
        self._exempt = frozenset(_not_finite(runner.model.state_dict()))
        if runner.max_iters == 0:
            raise ValueError(
                'the training set gives no batch: it has '
                f'{len(runner.train_dataloader.dataset)} images; give a '
                'smaller train_dataloader.batch_size, or drop_last=False')

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Any = None,
                         outputs: Optional[dict] = None) -> None:
        """Count the steps with a loss that is not finite."""
        logged = runner.message_hub.log_scalars
        losses = {
            name: float(logged[f'train/{name}'].current())
            for name in outputs or {}
            if 'loss' in name and f'train/{name}' in logged
        }
        if all(map(math.isfinite, losses.values())):
            self._count = 0
            return
        self._count += 1
        if self._count >= self.patience:
            listed = ', '.join(f'{k} = {v:.4g}' for k, v in losses.items())
            raise ValueError(
                f'training diverged: at step {runner.iter + 1} (epoch '
                f'{runner.epoch + 1}) {listed}, not finite for '
                f'{self._count} steps in a row; {self._fix(runner)}')

    def after_train_epoch(self, runner: Runner) -> None:
        """Check the weights, once an epoch."""
        self._check(runner, runner.model.state_dict())

    def before_save_checkpoint(self, runner: Runner,
                               checkpoint: Dict[str, Any]) -> None:
        """Check what is to be saved, which is on the CPU already."""
        self._check(runner, checkpoint['state_dict'])

    def _check(self, runner: Runner, state: Dict[str, Tensor]) -> None:
        """Raise an error if a number is not finite that was at the start."""
        names = [k for k in _not_finite(state) if k not in self._exempt]
        if not names:
            return
        raise ValueError(
            f'training diverged: after step {runner.iter} (epoch '
            f'{runner.epoch + 1}) {len(names)} of {len(state)} weights and '
            f'statistics are not finite ({", ".join(names[:3])}); '
            f'{self._fix(runner)}')

    @staticmethod
    def _fix(runner: Runner) -> str:
        """Suggest a fix, with the current learning rates."""
        rates = ', '.join(f'{k} = {v[0]:.3g}'
                          for k, v in runner.optim_wrapper.get_lr().items())
        last = runner.message_hub.runtime_info.get('last_ckpt')
        kept = f' The last finite weights are in {last}.' if last else ''
        return ('lower the learning rate (now '
                f'{rates}) or check the data for values that are not '
                f'finite.{kept}')


def _not_finite(state: Dict[str, Tensor]) -> List[str]:
    """List the tensors with a number that is not finite."""
    tensors = {k: v for k, v in state.items() if v.is_floating_point()}
    checks = [torch.isfinite(v).all() for v in tensors.values()]
    # One result for all first: each is a wait for the device.
    if not checks or torch.stack(checks).all():
        return []
    return [
        re.sub(r'^module\.', '', name)
        for name, finite in zip(tensors, checks) if not finite
    ]
