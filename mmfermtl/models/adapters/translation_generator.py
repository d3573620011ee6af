from typing import Optional, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from .init_record import hand_on_record
from .label_planes import part_label


@MODELS.register_module()
class TranslationGenerator(BaseModule):
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

    def __init__(self,
                 network: Union[dict, nn.Module],
                 num_classes: int,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.network = (
            network
            if isinstance(network, nn.Module) else MODELS.build(network))
        self.num_classes = num_classes

    def init_weights(self) -> None:
        """Initialise, with what mmagic's models leave out."""
        hand_on_record(self)
        super().init_weights()

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
