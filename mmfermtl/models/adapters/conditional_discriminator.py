from typing import Optional, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.model_parts import build_part
from .init_record import init_without_record
from .label_planes import join_label


@MODELS.register_module()
class ConditionalDiscriminator(BaseModule):
    """Use an unconditional discriminator, such as mmagic's, in FERMTL.

    Such a discriminator is called with an image only; FERMTL also passes the
    expression that it should show. The expression is concatenated to the
    image as one constant plane per class, as in
    :class:`~mmfermtl.models.FESDiscriminator`.

    Args:
        network (dict | nn.Module): Takes ``(N, C + E, H, W)``, or
            ``(N, C, H, W)`` with ``num_classes=0``, which classifies images
            as real or generated whatever they show.
        num_classes (int): Number of expressions ``E``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> discriminator = dict(
        ...     type='mmfermtl.ConditionalDiscriminator',
        ...     num_classes=7,
        ...     network=dict(type='mmagic.PatchDiscriminator', in_channels=8))
    """

    def __init__(self,
                 network: Union[dict, nn.Module],
                 num_classes: int,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.network = build_part(network)
        self.num_classes = num_classes

    def init_weights(self) -> None:
        """Initialise as the network itself does."""
        init_without_record(self.network)
        self.is_init = True  # as the method of MMEngine does

    def forward(self, img: Tensor, score: Optional[Tensor] = None) -> Tensor:
        """Classify images ``(N, C, H, W)`` in [-1, 1].

        Args as in :meth:`~mmfermtl.models.FESDiscriminator.forward`; the
        score ``(N, E)`` is ignored with ``num_classes=0``.
        """
        return self.network(
            join_label(img, score) if self.num_classes else img)
