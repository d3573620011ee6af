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

    It stops where

    - there is no batch to train on,
    - a loss was not finite for several steps in a row. One such step may be
      survived: a scaler of float16 gradients leaves it out. The values are
      those that MMEngine has logged, so that no device is waited for;
    - the weights, or running statistics, are not finite at the end of an
      epoch or in a checkpoint about to be saved.

    Args:
        patience (int): Steps in a row with a loss that is not finite.
            Defaults to 10.
    """

    # Before a checkpoint of the epoch is saved.
    priority = 'NORMAL'

    def __init__(self, patience: int = 10) -> None:
        self.patience = patience
        self._count = 0
        self._exempt: FrozenSet[str] = frozenset()

    def before_train(self, runner: Runner) -> None:
        """Refuse to train on nothing, and note constants such as masks.

        Raises:
            ValueError: If the loader has no batch.
        """
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
        """Count the steps with a loss that is not finite.

        Raises:
            ValueError: If there were too many in a row.
        """
        losses = self._losses(runner, outputs or {})
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
        """Check the weights, once an epoch.

        Raises:
            ValueError: If some are not finite.
        """
        self._check(runner, runner.model.state_dict())

    def before_save_checkpoint(self, runner: Runner,
                               checkpoint: Dict[str, Any]) -> None:
        """Check what is to be saved, which is on the CPU already.

        Raises:
            ValueError: If some of it is not finite.
        """
        self._check(runner, checkpoint['state_dict'])

    @staticmethod
    def _losses(runner: Runner, outputs: dict) -> Dict[str, float]:
        """Losses of the step, as they have been logged."""
        logged = runner.message_hub.log_scalars
        return {
            name: float(logged[f'train/{name}'].current())
            for name in outputs if 'loss' in name and f'train/{name}' in logged
        }

    def _check(self, runner: Runner, state: Dict[str, Tensor]) -> None:
        """Raise an error if a number is not finite that was at first."""
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
        """Say what may help, with the learning rates at hand."""
        rates = ', '.join(f'{k} = {v[0]:.3g}'
                          for k, v in runner.optim_wrapper.get_lr().items())
        last = runner.message_hub.runtime_info.get('last_ckpt')
        kept = f' The last finite weights are in {last}.' if last else ''
        return ('lower the learning rate (now '
                f'{rates}) or look for values that are not finite in the '
                f'data.{kept}')


def _not_finite(state: Dict[str, Tensor]) -> List[str]:
    """Names of the tensors that hold a number which is not finite."""
    tensors = {k: v for k, v in state.items() if v.is_floating_point()}
    checks = [torch.isfinite(v).all() for v in tensors.values()]
    # One answer for all first, for the sake of a device.
    if not checks or torch.stack(checks).all():
        return []
    return [
        re.sub(r'^module\.', '', name)
        for name, finite in zip(tensors, checks) if not finite
    ]
