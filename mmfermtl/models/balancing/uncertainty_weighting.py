import math
from typing import Dict, Optional, Sequence

import torch
from torch import Tensor, nn

from ...registry import MODELS
from .loss_balance import LossBalance


@MODELS.register_module()
class UncertaintyWeighting(LossBalance):
    r"""Weight tasks by their learned uncertainty.

    Source: Kendall et al., Multi-Task Learning Using Uncertainty to Weigh
    Losses for Scene Geometry and Semantics, CVPR 2018. The sum

    .. math:: \sum_k e^{-s_k} L_k + s_k / 2

    is minimised, where :math:`s_k = \log \sigma_k^2`. Their factor 1/2 of
    regression losses shifts :math:`s_k` by a constant and is left out, so
    that all weights are 1 at first. At the optimum every weighted loss is
    1/2. The terms :math:`s_k / 2` are logged as ``loss_balance``, and may be
    negative.

    A loss near 0 would make its weight grow without bound, so the log
    variances are kept within ``+-log(max_weight)``, which is ours.

    The log variances are parameters ``network.loss_balance.log_vars``. Weight
    decay would pull them to 0; the schedules of this package
    (:class:`~mmfermtl.engine.NoBiasDecayOptimWrapperConstructor`) do not
    apply it to them.

    Args:
        tasks (dict[str, Sequence[str]], optional): See :class:`LossBalance`.
            Defaults to None.
        max_weight (float): Largest weight of a task, and the inverse of the
            smallest. Defaults to 10.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 tasks: Optional[Dict[str, Sequence[str]]] = None,
                 max_weight: float = 10.,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(tasks, init_cfg)
        if not max_weight > 1:
            raise ValueError(f'max_weight={max_weight}; give a number above '
                             '1, the largest weight of a task')
        self.bound = math.log(max_weight)
        # Logarithms stay finite, and need no constraint to be positive.
        self.log_vars = nn.Parameter(torch.zeros(len(self.tasks)))

    def weigh(self, totals: Tensor, network: nn.Module) -> Tensor:
        """Return the inverse variances, ``(K, )``, with their graph."""
        # Clamping the parameter itself, instead of its value in the graph,
        # keeps a gradient that can move it away from the bound.
        with torch.no_grad():
            self.log_vars.clamp_(-self.bound, self.bound)
        return torch.exp(-self.log_vars)

    def extra_losses(self) -> Dict[str, Tensor]:
        """Return the penalty of large variances, a scalar."""
        return dict(loss_balance=self.log_vars.sum() / 2)
