from typing import Optional, Tuple

import torch
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class NDDR(BaseModule):
    """An exchange point of 1x1 convolutions over both branches.

    Each branch continues with a 1x1 convolution of the channels of both,
    batch norm and ReLU. Source: Gao et al., NDDR-CNN: Layerwise Feature
    Fusing in Multi-Task CNNs by Neural Discriminative Dimensionality
    Reduction, CVPR 2019: initialised with the diagonal 0.9 for the branch
    itself and 0.1 for the other. The layers have no bias, since the norm has
    one. The authors raise the learning rate of these layers; see
    :class:`CrossStitch` for why there is no factor here.

    Args:
        channels (int): Channels ``C`` of both branches.
        fer_only (bool): Whether to build only the direction from synthesis to
            recognition. Defaults to False.
        own (float): Initial diagonal for the branch itself. Defaults to 0.9.
        other (float): Initial diagonal for the other branch. Defaults to
            0.1.
        norm_cfg (dict): Norm layer. Defaults to
            ``dict(type='BN', momentum=0.05)``, as in the authors' code.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import NDDR
        >>> fer, fes = NDDR(8)(*torch.rand(2, 4, 8, 6, 6))
        >>> fer.shape
        torch.Size([4, 8, 6, 6])
    """

    def __init__(self,
                 channels: int,
                 fer_only: bool = False,
                 own: float = 0.9,
                 other: float = 0.1,
                 norm_cfg: dict = dict(type='BN', momentum=0.05),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)

        def fuse() -> nn.Sequential:
            # Not a ConvModule: that would initialise its weights again when
            # the runner calls init_weights, and the diagonals would be lost.
            conv = nn.Conv2d(2 * channels, channels, 1, bias=False)
            eye = torch.eye(channels)
            diagonals = torch.cat([own * eye, other * eye], dim=1)
            conv.weight.data.copy_(diagonals[..., None, None])
            norm = build_norm_layer(norm_cfg, channels)[1]
            return nn.Sequential(conv, norm, nn.ReLU())

        self.to_fer = fuse()
        self.to_fes = None if fer_only else fuse()

    def forward(self,
                fer: Tensor,
                fes: Tensor,
                fer_only: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
        """Fuse features ``(N, C, H, W)`` of both branches.

        Args and return value as in
        :meth:`~mmfermtl.models.sharing.ConvFLUExchange.forward`.
        """
        # The own features come first, to match the diagonals.
        fer_out = self.to_fer(torch.cat([fer, fes], dim=1))
        if fer_only or self.to_fes is None:
            return fer_out, None
        return fer_out, self.to_fes(torch.cat([fes, fer], dim=1))
