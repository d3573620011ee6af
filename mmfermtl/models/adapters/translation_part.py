from typing import Optional, Union

from mmengine.model import BaseModule
from torch import nn

from ...utils.model_parts import build_part
from .init_record import share_record


class TranslationPart(BaseModule):
    """Base of the networks of this package in mmagic's translation models.

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
        self.network = build_part(network)
        self.num_classes = num_classes

    def init_weights(self) -> None:
        """Initialise, with the record that mmagic leaves out in children."""
        # Before MMEngine's method, which looks it up in every child.
        share_record(self)
        super().init_weights()
