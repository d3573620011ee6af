from typing import Optional, Tuple

from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class ImageFeatures(BaseModule):
    """Give the image itself as its features, without any layer.

    For generators that have an encoder of their own, which takes the target,
    too, such as :class:`~mmfermtl.models.StarGANGenerator`.

    Args:
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self, init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)

    def forward(self, x: Tensor, branches: str = 'fes') -> Tuple[Tensor, ...]:
        """Return the images.

        Args:
            x (Tensor): ``(N, C, H, W)`` in [-1, 1].
            branches (str): ``'fes'``. Defaults to ``'fes'``.

        Returns:
            tuple[Tensor]: The images alone, ``(N, C, H, W)`` in [-1, 1].

        Raises:
            ValueError: If features of recognition are wanted.
        """
        if branches != 'fes':
            raise ValueError('ImageFeatures has no features of recognition; '
                             'set head=None in the network')
        return (x, )
