import math
from typing import Callable, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS

#: Takes images, ``(N, C, H, W)`` in [-1, 1], and returns the logits of their
#: patches, ``(N, 1, h, w)``, or those of each scale.
Discriminate = Callable[[Tensor], Union[Tensor, Tuple[Tensor, ...]]]


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

    def forward(self, discriminate: Discriminate, real: Tensor,
                fake: Tensor) -> Tensor:
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


@MODELS.register_module()
class R1Penalty(BaseModule):
    """Keep a discriminator flat around real images.

    ``loss_weight / 2`` times the mean of ``|gradient|^2`` at real images.
    Source: Mescheder et al., ICML 2018, equation 9, and StyleGAN 2, Karras et
    al., CVPR 2020, appendix B, which computes it every 16 steps; here it is
    computed at each step, on a share of the batch.

    The gradient is that of the mean over the patches and scales, which is
    what :class:`AdversarialLoss` uses, so that the weight does not depend on
    their number.

    Args:
        loss_weight (float): Defaults to 10.
        share (float): Share of the real images, in (0, 1], rounded up.
            Defaults to 0.25.

    Raises:
        ValueError: If ``share`` is out of range.
    """

    def __init__(self, loss_weight: float = 10., share: float = 0.25) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise ValueError(f'share={share!r}; give a number in (0, 1]')
        self.loss_weight = loss_weight
        self.share = share

    def forward(self, discriminate: Discriminate, real: Tensor,
                fake: Tensor) -> Tensor:
        """Compute the penalty.

        Args:
            discriminate (Callable): As for :class:`GradientPenalty`. It is
                given the first images of ``real``.
            real (Tensor): Real images, ``(N, C, H, W)`` in [-1, 1].
            fake (Tensor): Not used.

        Returns:
            Tensor: Scalar, with the weight.
        """
        points = real[:math.ceil(self.share * len(real))]
        points = points.detach().float().requires_grad_()
        logits = discriminate(points)
        maps = (logits, ) if isinstance(logits, Tensor) else logits
        means = torch.stack([m.float().flatten(1).mean(1) for m in maps])
        gradient, = torch.autograd.grad(
            means.mean(0).sum(), points, create_graph=True)
        size = gradient.flatten(1).square().sum(1)
        return self.loss_weight / 2 * size.mean()
