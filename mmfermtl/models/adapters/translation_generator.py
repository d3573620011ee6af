from torch import Tensor

from ...registry import MODELS
from .label_planes import split_label
from .translation_part import TranslationPart


@MODELS.register_module()
class TranslationGenerator(TranslationPart):
    """Use a synthesis network in mmagic's translation models.

    A generator there maps an image to an image. The target expression comes
    as additional planes of the image, see
    :class:`~mmfermtl.models.TranslationDataPreprocessor`.

    Args:
        network (dict | nn.Module): :class:`~mmfermtl.models.FERMTLNetwork`
            with a generator; without a head, which would not be trained.
        num_classes (int): Number of expressions ``E``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def forward(self, img: Tensor) -> Tensor:
        """Generate images.

        Args:
            img (Tensor): Images with the planes of the target expressions,
                ``(N, C + E, H, W)`` in [-1, 1].

        Returns:
            Tensor: Generated images, ``(N, C, H, W)`` in [-1, 1].
        """
        # (N, C, H, W) and (N, E)
        source, score = split_label(img, self.num_classes)
        return self.network(source, (score, )).fakes[0]
