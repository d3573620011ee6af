from typing import Optional, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from .init_record import init_without_record
from .label_planes import join_label


@MODELS.register_module()
class ConditionalDiscriminator(BaseModule):
    """A discriminator of images alone, such as mmagic's, in our models.

    It bridges one assumption: those discriminators take an image and nothing
    else, whereas ours are asked whether it shows an expression. The target
    is joined to the image as one constant plane an expression, as
    :class:`~mmfermtl.models.FESDiscriminator` does.

    Args:
        network (dict | nn.Module): Takes ``(N, C + E, H, W)``, or
            ``(N, C, H, W)`` with ``num_classes=0``, which judges whether the
            image is real whatever it shows.
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
        self.network = (
            network
            if isinstance(network, nn.Module) else MODELS.build(network))
        self.num_classes = num_classes

    def init_weights(self) -> None:
        """Initialise as the network itself does."""
        init_without_record(self.network)
        self.is_init = True

    def forward(self, img: Tensor, score: Optional[Tensor] = None) -> Tensor:
        """Judge images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].
            score (Tensor, optional): Expression that the image should show,
                ``(N, E)``. Defaults to None.

        Returns:
            Tensor: What the network gives.

        Raises:
            ValueError: If a target is needed and missing.
        """
        if self.num_classes:
            if score is None:
                raise ValueError('the discriminator needs a target of shape '
                                 f'({len(img)}, {self.num_classes}); set '
                                 'num_classes=0 for one that needs none')
            img = join_label(img, score)
        return self.network(img)
