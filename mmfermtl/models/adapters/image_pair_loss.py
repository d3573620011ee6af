from typing import Optional, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import match_channels


@MODELS.register_module()
class ImagePairLoss(BaseModule):
    """A loss of two images, such as mmagic's, for ``loss_rec``, ``loss_feat``.

    It bridges three assumptions of those losses: that every sample has a
    truth (those without one are left out here), that images have three
    channels (grey ones are repeated), and that several terms may be given as
    a tuple (they are added; terms that are None do not count).

    ``mmagic.PerceptualLoss`` takes the weights of its VGG from torch's own
    cache, and downloads them if they are not there: put the file into
    ``$TORCH_HOME/hub/checkpoints`` yourself where that is not wanted.

    Args:
        loss (dict | nn.Module): Called with two batches ``(N, C, H, W)`` in
            [-1, 1], the painted one first.
        in_channels (int, optional): 3 repeats grey images, 1 turns colour
            ones grey. None leaves them as they are. Defaults to None.
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
        self.loss = loss if isinstance(loss, nn.Module) else MODELS.build(loss)
        self.in_channels = in_channels
        self.loss_weight = loss_weight

    def forward(self,
                pred: Tensor,
                target: Tensor,
                mask: Optional[Tensor] = None,
                source: Optional[Tensor] = None) -> Tensor:
        """Loss over the samples that have a truth.

        Args:
            pred (Tensor): ``(N, C, H, W)`` in [-1, 1].
            target (Tensor): ``(N, C, H, W)`` in [-1, 1].
            mask (Tensor, optional): ``(N, )``, true where a truth exists.
                Defaults to None.
            source (Tensor, optional): Not looked at. Defaults to None.

        Returns:
            Tensor: Scalar, 0 if no sample has a truth.
        """
        if mask is not None:
            if not mask.any():
                return 0 * pred.sum()
            pred, target = pred[mask], target[mask]
        terms = self.loss(
            match_channels(pred, self.in_channels),
            match_channels(target, self.in_channels))
        if isinstance(terms, Tensor):
            terms = (terms, )
        return self.loss_weight * sum(t for t in terms if t is not None)
