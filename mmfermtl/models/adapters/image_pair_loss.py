from typing import Optional, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import match_channels
from ...utils.model_parts import build_part


@MODELS.register_module()
class ImagePairLoss(BaseModule):
    """Use a loss of two images, such as mmagic's, as a loss of FERMTL.

    For ``loss_rec`` and ``loss_feat``. Such losses assume that every sample
    has a ground truth (samples without one are left out here) and often that
    images have three channels (grey ones are repeated); some return several
    terms as a tuple (they are added, except those that are None).

    ``mmagic.PerceptualLoss`` reads the weights of its VGG from torch's cache,
    and downloads them if they are missing: copy the file to
    ``$TORCH_HOME/hub/checkpoints`` yourself to avoid that.

    Args:
        loss (dict | nn.Module): Called with two batches ``(N, C, H, W)`` in
            [-1, 1], the generated one first.
        in_channels (int, optional): 3 repeats grey images, 1 converts colour
            ones to grey. None leaves them unchanged. Defaults to None.
        loss_weight (float): Defaults to 1.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Examples:
        >>> loss_feat = dict(
        ...     type='mmfermtl.ImagePairLoss',
        ...     in_channels=3,
        ...     loss=dict(
        ...         type='mmagic.PerceptualLoss',
        ...         layer_weights={'4': 1., '9': 1.},
        ...         vgg_type='vgg16',
        ...         pretrained='torchvision://vgg16',
        ...         style_weight=0))
    """

    def __init__(self,
                 loss: Union[dict, nn.Module],
                 in_channels: Optional[int] = None,
                 loss_weight: float = 1.,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.loss = build_part(loss)
        self.in_channels = in_channels
        self.loss_weight = loss_weight

    def forward(self,
                pred: Tensor,
                target: Tensor,
                mask: Optional[Tensor] = None,
                source: Optional[Tensor] = None) -> Tensor:
        """Compute the loss over the images ``(N, C, H, W)`` that count.

        Args and return value as in :meth:`~mmfermtl.models.PixelLoss.forward`;
        the source is ignored.
        """
        if mask is not None:
            if not mask.any():
                return 0 * pred.sum()  # with a graph, as DDP needs it
            pred, target = pred[mask], target[mask]
        # Some of mmagic's losses return (perceptual, style), either None.
        terms = self.loss(
            match_channels(pred, self.in_channels),
            match_channels(target, self.in_channels))
        if isinstance(terms, Tensor):
            terms = (terms, )
        return self.loss_weight * sum(t for t in terms if t is not None)
