from typing import List, Optional, Sequence, Tuple, Union

from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.modules.utils import _pair

from ...registry import MODELS
from .discriminator_outputs import DiscriminatorOutputs


@MODELS.register_module()
class StarGANDiscriminator(BaseModule):
    """Classify patches as real or not, and the expression of the image.

    4x4 convolutions of stride 2 with LeakyReLU and without norms, then a 3x3
    convolution for the patches, and one of the size of the map for the
    expressions. Source: Choi et al., CVPR 2018, table 5. There images of
    128 px, and six convolutions.

    Args:
        num_classes (int): Number of expressions ``E``.
        image_size (int | tuple[int, int]): Side, or height and width, of the
            images. Defaults to 128.
        in_channels (int): Channels of the image. Defaults to 1.
        channels (Sequence[int]): Channels of the convolutions. Defaults to
            ``(64, 128, 256, 512, 1024, 2048)``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Raises:
        ValueError: If the images are too small for the convolutions.
    """

    #: Whether the logits of an image do not depend on the others of its
    #: batch, so that real and generated images may share a pass.
    independent_images = True
    #: Whether it returns logits of the expressions, too.
    classifies = True

    def __init__(self,
                 num_classes: int,
                 image_size: Union[int, Tuple[int, int]] = 128,
                 in_channels: int = 1,
                 channels: Sequence[int] = (64, 128, 256, 512, 1024, 2048),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        # The map that is left of an image.
        size = tuple(side // 2**len(channels) for side in _pair(image_size))
        if min(size) < 1:
            raise ValueError(f'image_size={image_size} is too small for '
                             f'{len(channels)} convolutions of stride 2; give '
                             'fewer `channels`')
        layers: List[nn.Module] = []
        widths = [in_channels, *channels]
        for width, out in zip(widths, widths[1:]):
            layers.append(nn.Conv2d(width, out, 4, stride=2, padding=1))
            layers.append(nn.LeakyReLU(0.01, inplace=True))
        self.layers = nn.Sequential(*layers)
        self.patches = nn.Conv2d(widths[-1], 1, 3, padding=1, bias=False)
        self.classes = nn.Conv2d(widths[-1], num_classes, size, bias=False)

    def forward(self,
                img: Tensor,
                score: Optional[Tensor] = None) -> DiscriminatorOutputs:
        """Classify images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].
            score (Tensor, optional): Not used: the expression is an output.
                Defaults to None.

        Returns:
            DiscriminatorOutputs: Logits of the patches, ``(N, 1, h, w)``,
            with ``h`` and ``w`` being ``H`` and ``W`` over 2 to the number of
            convolutions, and of the expressions, ``(N, E)``.
        """
        x = self.layers(img)
        return DiscriminatorOutputs(
            self.patches(x),
            self.classes(x).flatten(1))
