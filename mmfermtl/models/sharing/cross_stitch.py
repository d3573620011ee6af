from typing import Optional, Tuple

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class CrossStitch(BaseModule):
    """An exchange point that mixes the two branches linearly.

    Each branch continues with ``own * itself + other * the other branch``.
    Source: Misra et al., Cross-stitch Networks for Multi-task Learning, CVPR
    2016, eq. 1: one unit per channel after the pooling of a stage,
    initialised with 0.9 and 0.1. They train these weights 100 to 1000 times
    as fast as the others under SGD. Adam's steps do not shrink with the
    gradient, so there is no such factor here; ``paramwise_cfg.custom_keys``
    of the optimizer can set one.

    Args:
        channels (int): Channels ``C`` of both branches.
        fer_only (bool): Whether to build only the direction from synthesis to
            recognition. Defaults to False.
        per (str): ``'channel'``, or ``'layer'`` for one pair of weights for
            all channels. Defaults to ``'channel'``.
        own (float): Initial weight of the branch itself. Defaults to 0.9.
        other (float): Initial weight of the other branch. Defaults to 0.1.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import CrossStitch
        >>> fer, fes = CrossStitch(8)(*torch.rand(2, 4, 8, 6, 6))
        >>> fer.shape
        torch.Size([4, 8, 6, 6])
    """

    def __init__(self,
                 channels: int,
                 fer_only: bool = False,
                 per: str = 'channel',
                 own: float = 0.9,
                 other: float = 0.1,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        if per not in ('channel', 'layer'):
            raise ValueError(f"per={per!r}; give 'channel' or 'layer'")
        width = channels if per == 'channel' else 1
        weights = torch.tensor([own, other]).view(2, 1, 1, 1)
        # (2, C or 1, 1, 1): index 0 weighs the branch itself, 1 the other.
        self.to_fer = nn.Parameter(weights.repeat(1, width, 1, 1))
        self.to_fes = None if fer_only else nn.Parameter(
            weights.repeat(1, width, 1, 1))

    def forward(self,
                fer: Tensor,
                fes: Tensor,
                fer_only: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
        """Mix features ``(N, C, H, W)`` of both branches.

        Args and return value as in
        :meth:`~mmfermtl.models.sharing.ConvFLUExchange.forward`.
        """
        fer_out = self.to_fer[0] * fer + self.to_fer[1] * fes
        if fer_only or self.to_fes is None:
            return fer_out, None
        return fer_out, self.to_fes[0] * fes + self.to_fes[1] * fer
