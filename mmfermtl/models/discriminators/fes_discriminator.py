from typing import Optional, Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


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
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    #: Whether the logits of an image do not depend on the others of its
    #: batch, so that real and generated images may share a pass.
    independent_images = True

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
            if i > 0:  # as in both releases
                layers.append(nn.InstanceNorm2d(out))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            width = out
        # With a 4x4 kernel, one more row and column keeps the map's size.
        layers += [nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(width, 1, 4, 1, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, img: Tensor, score: Optional[Tensor] = None) -> Tensor:
        """Classify the patches of images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].
            score (Tensor, optional): Expression that the image should show,
                ``(N, E)``. Defaults to None.

        Returns:
            Tensor: Logits of the patches, ``(N, 1, h, w)``, with ``h`` and
            ``w`` being ``H`` and ``W`` over 2 to the number of layers.

        Raises:
            ValueError: If the expressions are missing or of another number.
        """
        if self.num_classes:
            if score is None or score.size(1) != self.num_classes:
                shape = None if score is None else tuple(score.shape)
                raise ValueError('the discriminator needs a target of shape '
                                 f'({len(img)}, {self.num_classes}), got '
                                 f'{shape}')
            planes = score.to(img)[..., None, None]
            planes = planes.expand(-1, -1, *img.shape[2:])
            img = torch.cat([img, planes], dim=1)
        return self.layers(img)
