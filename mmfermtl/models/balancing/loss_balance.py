from abc import abstractmethod
from typing import Dict, List, Optional, Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

#: The two tasks and their losses.
TASKS = dict(
    fer=('loss_fer', ),
    fes=('loss_rec', 'loss_feat', 'loss_identity', 'loss_change', 'loss_cyc',
         'loss_syn', 'loss_adv', 'loss_cls'))


class LossBalance(BaseModule):
    """Base of methods that weight the losses of several tasks.

    The losses of one task keep their weights relative to each other
    (``loss_weight`` of each); the task as a whole gets one weight. To weight
    every loss separately, make each a task.

    Subclasses implement :meth:`weigh`. :class:`~mmfermtl.models.FERMTL` makes
    the balance a child of its network, so that the network's optimizer
    trains its parameters, and the checkpoint contains its state.

    Args:
        tasks (dict[str, Sequence[str]], optional): Names of losses by task.
            None means recognition and synthesis, see :data:`TASKS`.
            Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 tasks: Optional[Dict[str, Sequence[str]]] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.tasks = {k: tuple(v) for k, v in (tasks or TASKS).items()}
        if len(self.tasks) < 2:
            raise ValueError(f'tasks={self.tasks}: with fewer than two tasks '
                             'there is nothing to balance')

    def forward(self, losses: Dict[str, Tensor],
                network: nn.Module) -> Dict[str, Tensor]:
        """Weight the losses of one iteration.

        Args:
            losses (dict[str, Tensor]): Scalars. Values whose name does not
                contain "loss" are passed on unchanged.
            network (nn.Module): The network that they train.

        Returns:
            dict[str, Tensor]: The same names with weighted values, whose sum
            is minimised; ``weight_<task>``, for the log; and the additional
            losses of the subclass.

        Raises:
            ValueError: If a loss belongs to no task, or a task has no loss.
        """
        totals = self._totals(losses)
        weights = self.weigh(totals, network)
        out = dict(losses)
        for (task, names), weight in zip(self.tasks.items(), weights):
            out.update({k: losses[k] * weight for k in names if k in losses})
            # No "loss" in the name, or MMEngine would add it to the sum.
            out[f'weight_{task}'] = weight.detach()
        out.update(self.extra_losses())
        return out

    @abstractmethod
    def weigh(self, totals: Tensor, network: nn.Module) -> Tensor:
        """Compute the weights of the tasks.

        Args:
            totals (Tensor): Loss of each of the ``K`` tasks, ``(K, )``, with
                its graph.
            network (nn.Module): The network.

        Returns:
            Tensor: ``(K, )``.
        """

    def extra_losses(self) -> Dict[str, Tensor]:
        """Return the terms that the balance adds to the sum, scalars."""
        return {}

    def _totals(self, losses: Dict[str, Tensor]) -> Tensor:
        """Sum the losses of each task, ``(K, )`` float32."""
        # A loss of no task would stay unweighted without notice.
        owned = {name for names in self.tasks.values() for name in names}
        strays = [k for k in losses if 'loss' in k and k not in owned]
        if strays:
            raise ValueError(f'{strays} belong to no task of the loss '
                             f'balance; add them to `tasks`={self.tasks}')
        totals: List[Tensor] = []
        for task, names in self.tasks.items():
            # Losses whose config is None are missing.
            parts = [losses[k] for k in names if k in losses]
            if not parts:
                raise ValueError(
                    f'task {task!r} of the loss balance has none of its '
                    f'losses {names}; found {sorted(losses)}. Set '
                    'loss_balance=None, or `tasks`')
            totals.append(sum(parts).float())
        return torch.stack(totals)
