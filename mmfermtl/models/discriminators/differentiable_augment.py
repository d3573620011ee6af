import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS


@MODELS.register_module()
class DifferentiableAugment(BaseModule):
    """Change what a discriminator sees, real images as generated ones.

    A discriminator of few real images learns them by heart, unless it sees
    each of them in many forms. Gradients flow through the changes to the
    generator, which hence need not generate them. Source: DiffAugment, Zhao
    et al., NeurIPS 2020; kinds and strengths are ours. One affine map of each
    image, then brightness and noise, all drawn from PyTorch's generator of
    the device, and nothing in evaluation mode.

    Args:
        flip (float): Probability of a horizontal flip. Defaults to 0.5.
        rotation (float): Standard deviation of the angle, in radians.
            Defaults to 0.1.
        zoom (float): Standard deviation of the scale. Defaults to 0.05.
        shift (float): Standard deviation of the shift in each direction, in
            parts of half of the image. Defaults to 0.08.
        gain (float): Standard deviation of the factor of the values.
            Defaults to 0.1.
        brightness (float): Standard deviation of what is added to all values
            of an image. Defaults to 0.1.
        noise (float): Largest standard deviation of the noise; that of an
            image is drawn uniformly. Defaults to 0.1.
    """

    def __init__(self,
                 flip: float = 0.5,
                 rotation: float = 0.1,
                 zoom: float = 0.05,
                 shift: float = 0.08,
                 gain: float = 0.1,
                 brightness: float = 0.1,
                 noise: float = 0.1) -> None:
        super().__init__()
        self.flip = flip
        self.rotation = rotation
        self.zoom = zoom
        self.shift = shift
        self.gain = gain
        self.brightness = brightness
        self.noise = noise

    def forward(self, img: Tensor) -> Tensor:
        """Change images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].

        Returns:
            Tensor: ``(N, C, H, W)``, values beyond [-1, 1] included; in
            evaluation mode the images themselves.
        """
        if not self.training:
            return img
        # float32 under autocast, too: the sampler takes one precision.
        img = img.float()
        grid = F.affine_grid(
            self._draw_maps(img), list(img.shape), align_corners=False)
        # What is beyond the border is a mirror image, and not an edge that
        # tells how an image was moved.
        img = F.grid_sample(
            img, grid, padding_mode='reflection', align_corners=False)
        one = img.new_empty(len(img), 1, 1, 1)
        img = img * (1 + self.gain * torch.randn_like(one))
        img = img + self.brightness * torch.randn_like(one)
        strength = self.noise * torch.rand_like(one)
        return img + strength * torch.randn_like(img)

    def _draw_maps(self, img: Tensor) -> Tensor:
        """Draw affine maps ``(N, 2, 3)`` of the pixels of an image."""
        one = img.new_empty(len(img))
        sign = 1 - 2 * (torch.rand_like(one) < self.flip).to(one)
        angle = self.rotation * torch.randn_like(one)
        scale = 1 + self.zoom * torch.randn_like(one)
        cos, sin = scale * angle.cos(), scale * angle.sin()
        # Coordinates are parts of the sides, which angles must not shear.
        aspect = img.size(3) / img.size(2)
        shift = self.shift * torch.randn_like(img.new_empty(2, len(img)))
        rows = (sign * cos, -sin / aspect, shift[0], sign * sin * aspect, cos,
                shift[1])
        return torch.stack(rows, dim=1).unflatten(1, (2, 3))
