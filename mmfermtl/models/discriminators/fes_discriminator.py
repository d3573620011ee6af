from typing import Optional, Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class FESDiscriminator(BaseModule):
    """Conditional PatchGAN: is this patch real, and of that expression?

    4x4 convolutions of stride 2 with instance norm (none on the first) and
    LeakyReLU, on the image joined with the target spread over all pixels.
    Source: both releases; only that of 2021 is conditioned.

    Args:
        num_classes (int): Number of expressions ``E``; 0 for an
            unconditional one.
        in_channels (int): Channels of the image. Defaults to 1.
        channels (Sequence[int]): Channels of the convolutions. Defaults to
            ``(64, 128, 256, 512)``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int = 1,
                 channels: Sequence[int] = (64, 128, 256, 512),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        layers = []
        width = in_channels + num_classes
        for i, out in enumerate(channels):
            layers.append(nn.Conv2d(width, out, 4, stride=2, padding=1))
            if i > 0:
                layers.append(nn.InstanceNorm2d(out))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            width = out
        # Padding above and to the left keeps the patch map's size with 4x4.
        layers += [nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(width, 1, 4, 1, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, img: Tensor, score: Optional[Tensor] = None) -> Tensor:
        """Judge images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].
            score (Tensor, optional): Expression that the image should show,
                ``(N, E)``. Defaults to None.

        Returns:
            Tensor: Logits of the patches, ``(N, 1, h, w)``, with ``h`` and
            ``w`` being ``H`` and ``W`` over 2 to the number of layers.
        """
        if self.num_classes:
            if score is None or score.shape != (len(img), self.num_classes):
                shape = None if score is None else tuple(score.shape)
                raise ValueError('the discriminator needs a target of shape '
                                 f'({len(img)}, {self.num_classes}), got '
                                 f'{shape}')
            plane = score.to(img)[..., None,
                                  None].expand(-1, -1, *img.shape[2:])
            img = torch.cat([img, plane], dim=1)
        return self.layers(img)
