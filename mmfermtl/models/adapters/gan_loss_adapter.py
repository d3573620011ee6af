from typing import Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class GANLossAdapter(BaseModule):
    """A loss with mmagic's protocol as ``loss_adv`` of our models.

    It bridges one assumption: ``mmagic.GANLoss`` judges one batch at a time,
    ``loss(logits, target_is_real, is_disc)``, whereas ours is asked for the
    discriminator's loss on real and painted faces together. Their mean is
    taken, as in mmagic's translation models.

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
        self.loss = loss if isinstance(loss, nn.Module) else MODELS.build(loss)

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss of the discriminator.

        Args:
            real (Tensor): Its logits for real images, any shape.
            fake (Tensor): Its logits for painted images, any shape.

        Returns:
            Tensor: Scalar.
        """
        return (self.loss(real.float(), True, is_disc=True) +
                self.loss(fake.float(), False, is_disc=True)) / 2

    def forward(self, fake: Tensor) -> Tensor:
        """Loss of the generator.

        Args:
            fake (Tensor): Logits for painted images, any shape.

        Returns:
            Tensor: Scalar, with the weight of the loss.
        """
        return self.loss(fake.float(), True, is_disc=False)
