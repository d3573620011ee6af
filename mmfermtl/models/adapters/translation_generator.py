from torch import Tensor

from ...registry import MODELS
from .label_planes import part_label
from .translation_part import TranslationPart


@MODELS.register_module()
class TranslationGenerator(TranslationPart):
    """Our synthesis network in mmagic's translation models.

    It bridges one assumption: a generator there maps an image to an image.
    The wanted expression comes as planes beside the face, see
    :class:`~mmfermtl.models.TranslationDataPreprocessor`.

    Args:
        network (dict | nn.Module): :class:`~mmfermtl.models.FERMTLNetwork`
            with a generator; without a head, for nothing trains it here.
        num_classes (int): Number of expressions ``E``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def forward(self, img: Tensor) -> Tensor:
        """Paint.

        Args:
            img (Tensor): Faces with the wanted expressions,
                ``(N, C + E, H, W)`` in [-1, 1].

        Returns:
            Tensor: Painted faces, ``(N, C, H, W)`` in [-1, 1].
        """
        face, score = part_label(img, self.num_classes)
        return self.network(face, (score, )).fakes[0]
