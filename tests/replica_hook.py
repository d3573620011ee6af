"""Hooks for runs of several processes in tests."""
import json
import os
import os.path as osp
import signal

import torch
from mmengine.dist import all_gather, get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


def checksum(module: torch.nn.Module) -> torch.Tensor:
    """Compute a number that changes with any weight or buffer."""
    total = torch.zeros((), dtype=torch.double)
    for k, value in enumerate(module.state_dict().values()):
        total += (k + 1) * value.double().sum() + value.double().abs().sum()
    return total


@HOOKS.register_module()
class ReplicaHook(Hook):
    """Write the checksums of all ranks into the work directory."""

    priority = 'LOWEST'

    def after_train(self, runner) -> None:
        """Compare the replicas after the last step."""
        sums = [float(s) for s in all_gather(checksum(runner.model.module))]
        if get_rank() == 0:
            path = osp.join(runner.work_dir, 'checksums.json')
            with open(path, 'w') as file:
                json.dump(
                    dict(sums=sums, wrapper=type(runner.model).__name__), file)


@HOOKS.register_module()
class MeanLossHook(Hook):
    """Write the loss of every step, averaged over the ranks."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.losses = []

    def after_train_iter(self, runner, batch_idx, data_batch, outputs) -> None:
        """Keep the mean of all ranks."""
        value = outputs['loss'].detach().double()
        parts = all_gather(value)
        self.losses.append(float(sum(parts)) / len(parts))

    def after_train(self, runner) -> None:
        """Write what was kept."""
        if get_rank() == 0:
            path = osp.join(runner.work_dir, 'losses.json')
            with open(path, 'w') as file:
                json.dump(self.losses, file)


@HOOKS.register_module()
class KillRankHook(Hook):
    """Kill one rank in the middle of an epoch, once."""

    def __init__(self, mark: str, rank: int, iteration: int) -> None:
        self.mark = mark
        self.rank = rank
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch) -> None:
        """Kill the process, as the system does when memory is short."""
        here = get_rank() == self.rank and runner.iter == self.iteration
        if here and not osp.exists(self.mark):
            open(self.mark, 'w').close()
            os.kill(os.getpid(), signal.SIGKILL)
