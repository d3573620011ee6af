from typing import Optional, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import match_channels
from ...utils.model_parts import build_part, load_part
from .pixel_loss import masked_mean


@MODELS.register_module()
class FeatureLoss(BaseModule):
    """Distance of two images in the features of a frozen network.

    Source: ``0.05 x MSE`` of the convolutional features of LightCNN-9 on
    grey images, release of 2021. Any network can be used; nothing is
    downloaded.

    Args:
        network (dict | nn.Module): Maps ``(N, C, H, W)`` in [-1, 1] to a
            tensor or a tuple of tensors, as mmpretrain's backbones do.
        checkpoint (str, optional): Path of its weights, which must fit.
            Loading runs no code from the file. Defaults to None.
        in_channels (int, optional): Input channels of the network: 1 converts
            colour images to grey, 3 repeats grey ones. None leaves images
            unchanged. Defaults to None.
        norm (str): ``'mse'`` or ``'l1'``. Defaults to ``'mse'``.
        loss_weight (float): Defaults to 0.05.

    Raises:
        ValueError: If the norm is unknown, or the weights cannot be loaded
            safely or do not fit.
    """

    def __init__(self,
                 network: Union[dict, nn.Module],
                 checkpoint: Optional[str] = None,
                 in_channels: Optional[int] = None,
                 norm: str = 'mse',
                 loss_weight: float = 0.05) -> None:
        super().__init__()
        if norm not in ('l1', 'mse'):
            raise ValueError(f"norm={norm!r}; give 'l1' or 'mse'")
        self.network = build_part(network)
        self.checkpoint = checkpoint
        self._load_checkpoint()
        # Frozen, so that optimizers skip it and DDP does not wait for it.
        self.network.requires_grad_(False)
        self.network.eval()
        self.in_channels = in_channels
        self.norm = norm
        self.loss_weight = loss_weight

    def init_weights(self) -> None:
        """Initialise as MMEngine, and load the checkpoint again."""
        super().init_weights()
        # An `init_cfg` of the model around initialises all of its layers.
        self._load_checkpoint()

    def _load_checkpoint(self) -> None:
        """Load the weights of the network, if a file has them."""
        if self.checkpoint is not None:
            load_part(self.network, self.checkpoint, 'FeatureLoss: checkpoint')

    def train(self, mode: bool = True) -> 'FeatureLoss':
        """Set the mode, except of the network, which stays in evaluation."""
        super().train(mode)
        self.network.eval()
        return self

    def forward(self,
                pred: Tensor,
                target: Tensor,
                mask: Optional[Tensor] = None) -> Tensor:
        """Compute the mean distance of the ``(N, C, H, W)`` that count.

        Args and return value as in :meth:`PixelLoss.forward`.
        """
        # Gradients flow through the network to the generated images only.
        pred_feats = self._extract(pred)
        with torch.no_grad():
            target_feats = self._extract(target)
        total = pred.new_zeros(())
        # Layers count equally, whatever their number of features.
        for a, b in zip(pred_feats, target_feats):
            error = a.float() - b.float()
            error = error.abs() if self.norm == 'l1' else error.square()
            total = total + masked_mean(error, mask)
        return self.loss_weight * total / len(pred_feats)

    def _extract(self, img: Tensor) -> tuple:
        """Compute the features of images ``(N, C, H, W)``, as a tuple."""
        feats = self.network(match_channels(img, self.in_channels))
        return tuple(feats) if isinstance(feats, (tuple, list)) else (feats, )
