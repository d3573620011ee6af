from typing import Any, List, Optional, Tuple

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class StarGANGenerator(BaseModule):
    """Translate an image to a target expression, as StarGAN does.

    The image, concatenated with one constant plane per expression, passes a
    7x7 convolution, two of stride 2, residual blocks, two transposed
    convolutions and a 7x7 convolution, with instance norms and ReLU. Source:
    Choi et al., CVPR 2018, table 4. There ``channels=64`` and images of
    128 px.

    Args:
        num_classes (int): Number of expressions ``E``.
        in_channels (int): Channels ``C`` of the image. Defaults to 1.
        channels (int): Channels after the first convolution; four times as
            many in the blocks. Defaults to 64.
        num_blocks (int): Number of residual blocks. Defaults to 6.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import StarGANGenerator
        >>> generator = StarGANGenerator(7, channels=8)
        >>> generator((torch.rand(2, 1, 48, 48), ), torch.eye(7)[:2]).shape
        torch.Size([2, 1, 48, 48])
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int = 1,
                 channels: int = 64,
                 num_blocks: int = 6,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        double, deepest = 2 * channels, 4 * channels
        up = dict(conv_cfg=dict(type='deconv'))
        layers: List[nn.Module] = [
            _conv(in_channels + num_classes, channels, 7),
            _conv(channels, double, 4, stride=2),
            _conv(double, deepest, 4, stride=2)
        ]
        layers += [ResidualBlock(deepest) for _ in range(num_blocks)]
        layers += [
            _conv(deepest, double, 4, stride=2, **up),
            _conv(double, channels, 4, stride=2, **up)
        ]
        self.layers = nn.Sequential(*layers)
        self.out_conv = nn.Conv2d(
            channels, in_channels, 7, padding=3, bias=False)

    def forward(self, feats: Tuple[Tensor, ...], score: Tensor) -> Tensor:
        """Generate images.

        Args:
            feats (tuple[Tensor]): The last are the images themselves, as
                :class:`~mmfermtl.models.ImageFeatures` gives them,
                ``(N, C, H, W)`` in [-1, 1]; ``H`` and ``W`` are multiples of
                4.
            score (Tensor): Target probability vectors, ``(N, E)``.

        Returns:
            Tensor: Images, ``(N, C, H, W)`` in [-1, 1] (tanh).
        """
        img = feats[-1]
        planes = score.to(img)[..., None, None]
        planes = planes.expand(-1, -1, *img.shape[2:])
        x = self.layers(torch.cat([img, planes], dim=1))
        # float32 under autocast too: uint8 levels near +-1 need it.
        return torch.tanh(self.out_conv(x).float())


class ResidualBlock(nn.Module):
    """Add what two 3x3 convolutions make of the features.

    Args:
        channels (int): Channels of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            _conv(channels, channels, 3),
            _conv(channels, channels, 3, act_cfg=None))

    def forward(self, x: Tensor) -> Tensor:
        """Map features ``(N, channels, H, W)`` to such."""
        return x + self.convs(x)


def _conv(in_channels: int, out_channels: int, kernel: int,
          **kwargs: Any) -> ConvModule:
    """Build a convolution with norm and ReLU."""
    options = dict(
        stride=1,
        padding=(kernel - 1) // 2,
        norm_cfg=dict(type='IN', affine=True),
        bias=False,
        act_cfg=dict(type='ReLU'))
    return ConvModule(in_channels, out_channels, kernel, **{
        **options,
        **kwargs
    })
