from typing import Sequence, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.model_parts import build_part

Scales = Union[Tensor, Sequence[Tensor]]


@MODELS.register_module()
class GANLossAdapter(BaseModule):
    """Use a loss with mmagic's interface as ``loss_adv`` of FERMTL.

    ``mmagic.GANLoss`` takes one batch at a time, ``loss(logits,
    target_is_real, is_disc)``, whereas FERMTL computes the loss of the
    discriminator on real and generated images together. Their mean is used,
    as in mmagic's translation models.

    Args:
        loss (dict | nn.Module): Such as
            ``dict(type='mmagic.GANLoss', gan_type='hinge')``.

    Examples:
        >>> loss_adv = dict(
        ...     type='mmfermtl.GANLossAdapter',
        ...     loss=dict(
        ...         type='mmagic.GANLoss', gan_type='lsgan', loss_weight=0.1))
    """

    def __init__(self, loss: Union[dict, nn.Module]) -> None:
        super().__init__()
        self.loss = build_part(loss)

    def discriminator_loss(self, real: Scales, fake: Scales) -> Tensor:
        """Compute the loss of the discriminator, a scalar.

        Args as in
        :meth:`~mmfermtl.models.AdversarialLoss.discriminator_loss`.
        """
        # mmagic applies no weight if `is_disc`.
        return (self._mean(real, True, is_disc=True) +
                self._mean(fake, False, is_disc=True)) / 2

    def forward(self, fake: Scales) -> Tensor:
        """Compute the loss of the generator on logits ``(N, 1, h, w)``.

        Those of several scales are a sequence.
        """
        return self._mean(fake, True, is_disc=False)

    def _mean(self, logits: Scales, real: bool, is_disc: bool) -> Tensor:
        """Average the loss over scales."""
        scales = [logits] if isinstance(logits, Tensor) else list(logits)
        losses = [self.loss(one.float(), real, is_disc) for one in scales]
        return torch.stack(losses).mean()
