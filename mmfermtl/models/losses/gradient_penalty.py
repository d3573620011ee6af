from typing import Callable, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class GradientPenalty(BaseModule):
    """Keep the gradient of a discriminator at the length 1.

    The mean of ``(|gradient| - 1)^2`` at random points between real and
    generated images. Source: WGAN-GP, Gulrajani et al., NeurIPS 2017, and
    StarGAN, Choi et al., CVPR 2018, equation 8. The gradient is that of the
    sum over the patches, as in the release of StarGAN.

    Args:
        loss_weight (float): Defaults to 10.
    """

    def __init__(self, loss_weight: float = 10.) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, discriminate: Callable[[Tensor], Union[Tensor,
                                                             Tuple[Tensor,
                                                                   ...]]],
                real: Tensor, fake: Tensor) -> Tensor:
        """Compute the penalty.

        Args:
            discriminate (Callable): The discriminator: takes images and
                returns logits ``(N, 1, h, w)``, or those of each scale.
            real (Tensor): Real images, ``(N, C, H, W)`` in [-1, 1].
            fake (Tensor): Generated images, like ``real``.

        Returns:
            Tensor: Scalar, with the weight.
        """
        share = torch.rand(len(real), 1, 1, 1, device=real.device)
        points = torch.lerp(fake.detach().float(),
                            real.detach().float(), share).requires_grad_()
        logits = discriminate(points)
        maps = (logits, ) if isinstance(logits, Tensor) else logits
        # The norm is to be minimised, hence a graph of the gradient itself.
        gradient, = torch.autograd.grad(
            sum(m.float().sum() for m in maps), points, create_graph=True)
        length = gradient.flatten(1).norm(dim=1)
        return self.loss_weight * (length - 1).square().mean()
