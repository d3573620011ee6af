from typing import List, Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ...registry import MODELS
from .condition import check_condition


@MODELS.register_module()
class FESDiscriminator(BaseModule):
    """Classify patches of an image as real with a given expression, or not.

    A conditional PatchGAN: 4x4 convolutions of stride 2 with instance norm
    (none after the first) and LeakyReLU, on the image concatenated with one
    constant plane per expression. Source: both releases; only that of 2021 is
    conditional.

    Args:
        num_classes (int): Number of expressions ``E``; 0 for an
            unconditional one.
        in_channels (int): Channels of the image. Defaults to 1.
        channels (Sequence[int]): Channels of the convolutions. Defaults to
            ``(64, 128, 256, 512)``.
        scales (int): Number of sizes at which images are classified: each
            further one has half the size of the one before, by average
            pooling, and weights of its own. As pix2pixHD (Wang et al., CVPR
            2018). Images must be larger than 1 pixel after all convolutions:
            at 48 px, two scales need three convolutions. Defaults to 1.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    #: Whether the logits of an image do not depend on the others of its
    #: batch, so that real and generated images may share a pass.
    independent_images = True

    def __init__(self,
                 num_classes: int,
                 in_channels: int = 1,
                 channels: Sequence[int] = (64, 128, 256, 512),
                 scales: int = 1,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.num_convs = len(channels)
        if scales < 1:
            raise ValueError(f'scales={scales}, expected 1 or more')
        widths = [in_channels + num_classes, *channels]
        self.layers = _make_layers(widths)
        self.coarser = ModuleList(
            [_make_layers(widths) for _ in range(scales - 1)])

    def forward(
            self,
            img: Tensor,
            score: Optional[Tensor] = None
    ) -> Union[Tensor, Tuple[Tensor, ...]]:
        """Classify the patches of images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].
            score (Tensor, optional): Expression that the image should show,
                ``(N, E)``. Defaults to None.

        Returns:
            Tensor | tuple[Tensor]: Logits of the patches, ``(N, 1, h, w)``,
            with ``h`` and ``w`` being ``H`` and ``W`` over 2 to the number of
            layers; with several scales those of each, from the finest.

        Raises:
            ValueError: If the expressions are missing or of another number,
                or the images are too small for the scales.
        """
        if self.num_classes:
            score = check_condition(score, len(img), self.num_classes)
            planes = score.to(img)[..., None, None]
            planes = planes.expand(-1, -1, *img.shape[2:])
            img = torch.cat([img, planes], dim=1)
        if not self.coarser:
            return self.layers(img)
        if min(img.shape[2:]) < 2**(self.num_convs + len(self.coarser) + 1):
            raise ValueError(
                f'images of {tuple(img.shape[2:])} pixels are too small for '
                f'{self.num_convs} convolutions at the coarsest of '
                f'{len(self.coarser) + 1} scales; give fewer `channels` or '
                '`scales`')
        maps = [self.layers(img)]
        for layers in self.coarser:
            img = F.avg_pool2d(img, 2)
            maps.append(layers(img))
        return tuple(maps)


def _make_layers(widths: Sequence[int]) -> nn.Sequential:
    """Build the layers of one scale, from the channels before and after."""
    layers: List[nn.Module] = []
    for i, (width, out) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Conv2d(width, out, 4, stride=2, padding=1))
        if i > 0:  # as in both releases
            layers.append(nn.InstanceNorm2d(out))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
    # With a 4x4 kernel, one more row and column keeps the map's size.
    layers += [nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(widths[-1], 1, 4, 1, 1)]
    return nn.Sequential(*layers)
