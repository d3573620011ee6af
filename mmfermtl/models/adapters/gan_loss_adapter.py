from typing import Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.model_parts import build_part


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

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the loss of the discriminator, a scalar.

        Args as in
        :meth:`~mmfermtl.models.AdversarialLoss.discriminator_loss`.
        """
        # mmagic applies no weight if `is_disc`.
        return (self.loss(real.float(), True, is_disc=True) +
                self.loss(fake.float(), False, is_disc=True)) / 2

    def forward(self, fake: Tensor) -> Tensor:
        """Compute the loss of the generator on logits ``(N, 1, h, w)``."""
        return self.loss(fake.float(), True, is_disc=False)
