from typing import Any, Dict, Optional

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS
from .face_regions import check_regions, region_weights


def masked_mean(values: Tensor, mask: Optional[Tensor]) -> Tensor:
    """Average over the samples that count.

    Args:
        values (Tensor): ``(N, ...)``.
        mask (Tensor, optional): ``(N, )`` bool, true where a sample counts.

    Returns:
        Tensor: Scalar; 0 if no sample counts, but with a graph, because DDP
        waits for the gradient of every parameter.
    """
    # (N, )
    per_sample = values.flatten(1).mean(dim=1)
    if mask is None:
        return per_sample.mean()
    mask = mask.to(per_sample)
    return (per_sample * mask).sum() / mask.sum().clamp(min=1)


@MODELS.register_module()
class PixelLoss(BaseModule):
    """Pixel distance of a generated image and the ground truth.

    Used for the paired loss (``L_idn`` of the release of 2021), the identity
    reconstruction and the cycle loss (``L_cyc``). The release works on
    [0, 1], this package on [-1, 1]: its weight 1 of an L1 term is 0.5 here,
    and its weight 1 of a squared term is 0.25.

    Args:
        norm (str): ``'l1'`` or ``'mse'``. Defaults to ``'l1'``.
        focus (float): How much more a pixel counts where the ground truth
            differs from the source: its weight is ``1 + focus * |target -
            source| / 2``, at most ``1 + focus``. An expression changes few
            pixels of a face; ours. Defaults to 0.
        regions (dict, optional): How much pixels count in parts of an
            aligned face, such as ``dict(mouth=4., eyes=2.)``; elsewhere they
            count 1, and where regions overlap the larger weight. Other boxes
            and names: ``dict(chin=dict(weight=2., box=(0.3, 0.9, 0.7, 1.)))``
            with left, top, right and bottom as shares of the image, see
            :data:`~mmfermtl.models.losses.face_regions.FACE_REGIONS`. Times
            the weight of ``focus``; ours. Defaults to None.
        gradient (float): Weight of the same distance between the gradients
            of the images (differences of neighbours, mean over both
            directions), which blur increases; as the gradient difference
            loss of Mathieu et al., ICLR 2016, here of signed differences.
            Defaults to 0.
        loss_weight (float): Defaults to 1.

    Raises:
        ValueError: If the norm or a region is unknown, or a box is not in
            the image.
    """

    def __init__(self,
                 norm: str = 'l1',
                 focus: float = 0.,
                 regions: Optional[Dict[str, Any]] = None,
                 gradient: float = 0.,
                 loss_weight: float = 1.) -> None:
        super().__init__()
        if norm not in ('l1', 'mse'):
            raise ValueError(f"norm={norm!r}; give 'l1' or 'mse'")
        self.norm = norm
        self.focus = focus
        self.regions = check_regions(regions or {})
        self.gradient = gradient
        self.loss_weight = loss_weight

    def forward(self,
                pred: Tensor,
                target: Tensor,
                mask: Optional[Tensor] = None,
                source: Optional[Tensor] = None) -> Tensor:
        """Compute the mean distance over the samples that count.

        Args:
            pred (Tensor): Generated images, ``(N, C, H, W)`` in [-1, 1].
            target (Tensor): Ground truth, ``(N, C, H, W)`` in [-1, 1]; any
                finite values where the mask is false.
            mask (Tensor, optional): ``(N, )`` bool, true where a sample
                counts. Defaults to None, all.
            source (Tensor, optional): The source images, like ``pred``;
                needed for ``focus``. Defaults to None.

        Returns:
            Tensor: Scalar.
        """
        difference = pred.float() - target.float()
        error = self._size(difference)
        if self.gradient:
            # Forward differences, 0 at the last column and row.
            right = F.pad(difference.diff(dim=3), (0, 1))
            down = F.pad(difference.diff(dim=2), (0, 0, 0, 1))
            slope = (self._size(right) + self._size(down)) / 2
            error = error + self.gradient * slope
        # Pixels that the expression changes count more.
        if self.focus and source is not None:
            change = (target - source).abs() / 2  # in [0, 1]
            error = error * (1 + self.focus * change)
        if self.regions:
            error = error * region_weights(error, self.regions)
        return self.loss_weight * masked_mean(error, mask)

    def _size(self, difference: Tensor) -> Tensor:
        """Return the absolute or squared values of any tensor."""
        return (difference.abs() if self.norm == 'l1' else difference.square())
