from typing import Optional, Tuple

from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class HardSharing(BaseModule):
    """One common trunk of stages, from which the two branches part.

    Source: Caruana, Multitask Learning, 1997; the baseline "hard sharing of
    the first blocks" of the paper's draft, which does not say how many.

    This unit hands the features of recognition on to synthesis, and has no
    parameter. :class:`~mmfermtl.models.ConvFLUBackbone` places one behind
    each of the first ``depth`` stages, where it builds no FES stage at all:
    parameters and computation are those of one branch.

    Args:
        channels (int): Channels of the features; not needed here.
        fer_only (bool): Whether nobody asks for synthesis. Defaults to
            False.
        depth (int): Number of common stages, from 1. Defaults to 1.
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
        """Use the features of recognition for both tasks.

        Args:
            fer (Tensor): Common features, ``(N, C, H, W)``.
            fes (Tensor, optional): Not looked at. Defaults to None.
            fer_only (bool): Whether only recognition needs a result.
                Defaults to False.

        Returns:
            tuple[Tensor, Tensor | None]: The common features twice, or with
            None if ``fer_only``.
        """
        return fer, None if fer_only or self.fer_only else fer
