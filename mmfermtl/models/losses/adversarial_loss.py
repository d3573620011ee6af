from typing import Callable, Optional, Tuple, Union

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS
from .pixel_loss import masked_mean

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

    def discriminator_loss(self,
                           real: Logits,
                           fake: Logits,
                           mismatched: Optional[Logits] = None,
                           counts: Optional[Tensor] = None) -> Tensor:
        """Compute the loss of the discriminator, unweighted.

        Args:
            real (Tensor | tuple[Tensor]): Its logits for real images, such
                as ``(N, 1, h, w)``, or those of each scale.
            fake (Tensor | tuple[Tensor]): Its logits for generated images,
                such as ``(N, 1, h, w)``, or those of each scale.
            mismatched (Tensor | tuple[Tensor], optional): Its logits for
                real images with a wrong condition, which count as generated,
                with half of their weight if any counts. Source: Reed et al.,
                ICML 2016. Defaults to None.
            counts (Tensor, optional): ``(N, )`` bool, which of them count.
                Defaults to None, all.

        Returns:
            Tensor: Scalar.
        """
        logits = (real, fake) if mismatched is None else (real, fake,
                                                          mismatched)
        return _mean_of_scales(
            lambda *maps: self._discriminator_loss(counts, *maps), *logits)

    def _discriminator_loss(self, counts: Optional[Tensor], real: Tensor,
                            fake: Tensor, *mismatched: Tensor) -> Tensor:
        """Compute the loss at one scale, with logits ``(N, 1, h, w)``."""
        generated = self._taken_for_real(fake).mean()
        for logits in mismatched:
            wrong = masked_mean(self._taken_for_real(logits), counts)
            shared = (generated + wrong) / 2
            # Not by `if`, for which the device would wait.
            generated = shared if counts is None else torch.where(
                counts.any(), shared, generated)
        total = self._taken_for_generated(real).mean() + generated
        return total / 2 if self.mode == 'lsgan' else total

    def _taken_for_generated(self, real: Tensor) -> Tensor:
        """Return the error of logits that should be those of real images."""
        # float32 under autocast: squares and exponentials overflow in half.
        real = real.float()
        if self.mode == 'lsgan':
            return (real - 1).square()
        if self.mode == 'hinge':
            return F.relu(1 - real)
        return -real if self.mode == 'wgan' else F.softplus(-real)

    def _taken_for_real(self, fake: Tensor) -> Tensor:
        """Return the error of logits that should be those of generated ones.
        """
        fake = fake.float()
        if self.mode == 'lsgan':
            return fake.square()
        if self.mode == 'hinge':
            return F.relu(1 + fake)
        return fake if self.mode == 'wgan' else F.softplus(fake)

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
