from typing import Callable, Tuple, Union

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS

#: Logits of a discriminator, ``(N, 1, h, w)``, or those of each scale.
Logits = Union[Tensor, Tuple[Tensor, ...]]


@MODELS.register_module()
class AdversarialLoss(BaseModule):
    """Losses of a discriminator and of a generator against it.

    - ``'lsgan'``: least squares, as in the release of 2021, whose ``L_adv``
      has the weight 0.3.
    - ``'hinge'``: Lim and Ye, 2017.
    - ``'nonsaturating'``: Goodfellow et al., 2014, on logits.
    - ``'wgan'``: Arjovsky et al., 2017; needs a
      :class:`~mmfermtl.models.GradientPenalty` beside it.

    Of a discriminator at several scales, their losses are averaged.

    Args:
        mode (str): One of the above. Defaults to ``'lsgan'``.
        loss_weight (float): Weight of the generator's loss. Defaults to 0.3.
    """

    def __init__(self, mode: str = 'lsgan', loss_weight: float = 0.3) -> None:
        super().__init__()
        if mode not in ('lsgan', 'hinge', 'nonsaturating', 'wgan'):
            raise ValueError(f"mode={mode!r}; give 'lsgan', 'hinge', "
                             "'nonsaturating' or 'wgan'")
        self.mode = mode
        self.loss_weight = loss_weight

    def discriminator_loss(self, real: Logits, fake: Logits) -> Tensor:
        """Compute the loss of the discriminator, unweighted.

        Args:
            real (Tensor | tuple[Tensor]): Its logits for real images, such
                as ``(N, 1, h, w)``, or those of each scale.
            fake (Tensor | tuple[Tensor]): Its logits for generated images,
                such as ``(N, 1, h, w)``, or those of each scale.

        Returns:
            Tensor: Scalar.
        """
        return _mean_of_scales(self._discriminator_loss, real, fake)

    def _discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the loss at one scale, with logits ``(N, 1, h, w)``."""
        # float32 under autocast: squares and exponentials overflow in half.
        real, fake = real.float(), fake.float()
        if self.mode == 'lsgan':
            return ((real - 1).square().mean() + fake.square().mean()) / 2
        if self.mode == 'hinge':
            return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        if self.mode == 'wgan':
            return fake.mean() - real.mean()
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def forward(self, fake: Logits) -> Tensor:
        """Compute the loss of the generator.

        Args:
            fake (Tensor | tuple[Tensor]): Logits for generated images, such
                as ``(N, 1, h, w)``, or those of each scale.

        Returns:
            Tensor: Scalar, with the weight.
        """
        return self.loss_weight * _mean_of_scales(self._generator_loss, fake)

    def _generator_loss(self, fake: Tensor) -> Tensor:
        """Compute the loss at one scale, with logits ``(N, 1, h, w)``."""
        fake = fake.float()
        # Large logits mean that the discriminator takes the image for real.
        if self.mode == 'lsgan':
            return (fake - 1).square().mean()
        if self.mode == 'nonsaturating':
            return F.softplus(-fake).mean()
        return -fake.mean()


def _mean_of_scales(loss: Callable[..., Tensor], *logits: Logits) -> Tensor:
    """Average a loss over the scales of logits, if there are several."""
    if isinstance(logits[0], Tensor):
        return loss(*logits)
    return torch.stack([loss(*maps) for maps in zip(*logits)]).mean()
