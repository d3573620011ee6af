from typing import Optional, Union

from torch import Tensor, nn

from ...registry import MODELS
from .label_planes import split_label
from .translation_part import TranslationPart


@MODELS.register_module()
class TranslationDiscriminator(TranslationPart):
    """Use a conditional discriminator in mmagic's translation models.

    ``mmagic.Pix2Pix`` concatenates source and result, and classifies both at
    once. The source contains the target expression (see
    :class:`~mmfermtl.models.TranslationDataPreprocessor`), which is all that
    the discriminator needs of it.

    Args:
        network (dict | nn.Module): Such as
            :class:`~mmfermtl.models.FESDiscriminator`.
        num_classes (int): Number of expressions ``E``.
        in_channels (int): Channels ``C`` of an image. Defaults to 1.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 network: Union[dict, nn.Module],
                 num_classes: int,
                 in_channels: int = 1,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(network, num_classes, init_cfg)
        self.in_channels = in_channels

    def forward(self, pair: Tensor) -> Tensor:
        """Classify the patches of images.

        Args:
            pair (Tensor): Source with its planes, then the image to classify,
                ``(N, C + E + C, H, W)`` in [-1, 1].

        Returns:
            Tensor: Logits of the patches, ``(N, 1, h, w)``.
        """
        # The target expression is in the source, the image comes last.
        source, img = pair.tensor_split([pair.size(1) - self.in_channels], 1)
        return self.network(img, split_label(source, self.num_classes)[1])
