from typing import Optional, Union

from mmengine.model import BaseModule
from torch import nn

from ...registry import MODELS
from .init_record import hand_on_record


class TranslationPart(BaseModule):
    """Base of our networks in mmagic's translation models.

    Args:
        network (dict | nn.Module): The network inside.
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
