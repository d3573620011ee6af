from typing import Optional, Tuple

from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class HardSharing(BaseModule):
    """Use the first stages for both branches.

    Source: Caruana, Multitask Learning, 1997; the baseline "hard sharing of
    the first blocks" of the paper's draft, which does not state how many.

    This unit passes the recognition features on to synthesis, and has no
    parameters. :class:`~mmfermtl.models.ConvFLUBackbone` places one behind
    each of the first ``depth`` stages and builds no FES stages there, so that
    parameters and computation are those of one branch.

    Args:
        channels (int): Channels of the features; unused, taken because all
            units are built with it.
        fer_only (bool): Whether synthesis needs no features. Defaults to
            False.
        depth (int): Number of common stages, at least 1. Defaults to 1.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 channels: int,
                 fer_only: bool = False,
                 depth: int = 1,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.fer_only = fer_only
        self.depth = depth

    def forward(self,
                fer: Tensor,
                fes: Optional[Tensor] = None,
                fer_only: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
        """Use the recognition features ``(N, C, H, W)`` for both tasks.

        Args and return value as in
        :meth:`~mmfermtl.models.sharing.ConvFLUExchange.forward`.
        """
        # The same tensor, not a copy: gradients of both tasks add up.
        return fer, None if fer_only or self.fer_only else fer
