from typing import Dict, Optional, Sequence

import torch
from torch import Tensor, nn

from ...registry import MODELS
from .loss_balance import LossBalance


@MODELS.register_module()
class UncertaintyWeighting(LossBalance):
    r"""Weigh tasks by their learned uncertainty.

    Source: Kendall et al., Multi-Task Learning Using Uncertainty to Weigh
    Losses for Scene Geometry and Semantics, CVPR 2018. The sum

    .. math:: \sum_k e^{-s_k} L_k + s_k / 2

    is trained, where :math:`s_k = \log \sigma_k^2`. Their factor 1/2 of
    regression losses moves :math:`s_k` by a constant and is left out, so that
    all weights begin at 1. At the optimum every weighted loss is 1/2. The
    terms :math:`s_k / 2` are logged as ``loss_balance``, and may be
    negative.

    The log variances are parameters ``network.loss_balance.log_vars``; keep
    weight decay away from them by
    ``paramwise_cfg=dict(custom_keys=dict(loss_balance=dict(decay_mult=0.)))``
    in the optimizer's config.

    Args:
        tasks (dict[str, Sequence[str]], optional): See :class:`LossBalance`.
            Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 tasks: Optional[Dict[str, Sequence[str]]] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(tasks, init_cfg)
        self.log_vars = nn.Parameter(torch.zeros(len(self.tasks)))

    def weigh(self, totals: Tensor, network: nn.Module) -> Tensor:
        """Inverse variances, with their graph."""
        return torch.exp(-self.log_vars)

    def extra_losses(self) -> Dict[str, Tensor]:
        """The price of large variances."""
        return dict(loss_balance=self.log_vars.sum() / 2)
