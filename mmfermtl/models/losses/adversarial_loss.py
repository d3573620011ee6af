import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class AdversarialLoss(BaseModule):
    """Losses of a discriminator and of a generator against it.

    - ``'lsgan'``: least squares, as in the release of 2021, whose ``L_adv``
      has the weight 0.3.
    - ``'hinge'``: Lim and Ye, 2017.
    - ``'nonsaturating'``: Goodfellow et al., 2014, on logits.

    Args:
        mode (str): One of the above. Defaults to ``'lsgan'``.
        loss_weight (float): Weight of the generator's loss. Defaults to 0.3.
    """

    def __init__(self, mode: str = 'lsgan', loss_weight: float = 0.3) -> None:
        super().__init__()
        if mode not in ('lsgan', 'hinge', 'nonsaturating'):
            raise ValueError(f"mode={mode!r}; give 'lsgan', 'hinge' or "
                             "'nonsaturating'")
        self.mode = mode
        self.loss_weight = loss_weight

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Compute the loss of the discriminator, unweighted.

        Args:
            real (Tensor): Its logits for real images, such as
                ``(N, 1, h, w)``.
            fake (Tensor): Its logits for generated images, such as
                ``(N, 1, h, w)``.

        Returns:
            Tensor: Scalar.
        """
        # float32 under autocast: squares and exponentials overflow in half.
        real, fake = real.float(), fake.float()
        if self.mode == 'lsgan':
            return ((real - 1).square().mean() + fake.square().mean()) / 2
        if self.mode == 'hinge':
            return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        return F.softplus(-real).mean() + F.softplus(fake).mean()

    def forward(self, fake: Tensor) -> Tensor:
        """Compute the loss of the generator.

        Args:
            fake (Tensor): Logits for generated images, such as
                ``(N, 1, h, w)``.

        Returns:
            Tensor: Scalar, with the weight.
        """
        fake = fake.float()
        # Large logits mean that the discriminator takes the image for real.
        if self.mode == 'lsgan':
            loss = (fake - 1).square().mean()
        elif self.mode == 'hinge':
            loss = -fake.mean()
        else:
            loss = F.softplus(-fake).mean()
        return self.loss_weight * loss
