from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class CrossEntropyLoss(BaseModule):
    """Cross-entropy against labels or probability vectors.

    Args:
        label_smoothing (float): In [0, 1). Defaults to 0.
        class_weight (Sequence[float], optional): One weight per class.
            Defaults to None.
        loss_weight (float): Defaults to 1.
    """

    def __init__(self,
                 label_smoothing: float = 0.,
                 class_weight: Optional[Sequence[float]] = None,
                 loss_weight: float = 1.) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.loss_weight = loss_weight
        weight = None if class_weight is None else torch.tensor(
            class_weight, dtype=torch.float32)
        # A buffer moves with the model; it is an option, not a weight.
        self.register_buffer('class_weight', weight, persistent=False)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Compute the mean loss over the batch.

        Args:
            logits (Tensor): ``(N, E)``.
            target (Tensor): ``(N, )`` int64, or ``(N, E)`` probabilities.

        Returns:
            Tensor: Scalar.
        """
        return self.loss_weight * F.cross_entropy(
            logits.float(),
            target,
            weight=self.class_weight,
            label_smoothing=self.label_smoothing)
