"""Displace pixels of images by a flow that a network generates."""
import torch
import torch.nn.functional as F
from torch import Tensor


def warp_image(image: Tensor,
               flow: Tensor,
               interpolation: str = 'bilinear') -> Tensor:
    """Displace the pixels of images.

    Args:
        image (Tensor): Images, ``(N, C, H, W)``.
        flow (Tensor): From where each pixel is taken, relative to itself, as
            ``(x, y)`` in parts of half of the image, ``(N, 2, H, W)``. Beyond
            the border the nearest pixel is taken.
        interpolation (str): ``'bilinear'``, or ``'bicubic'``, which blurs
            less. Defaults to ``'bilinear'``.

    Returns:
        Tensor: The displaced images, ``(N, C, H, W)``. Bicubic values may be
        beyond those of the image.
    """
    height, width = image.shape[2:]
    # Centres of the pixels, from -1 to 1 between the outer edges.
    y = (torch.arange(height, device=flow.device).to(flow) + 0.5) * 2 / height
    x = (torch.arange(width, device=flow.device).to(flow) + 0.5) * 2 / width
    centres = torch.stack(torch.meshgrid(x - 1, y - 1,
                                         indexing='xy'))  # (2, H, W)
    return F.grid_sample(
        image, (centres + flow).permute(0, 2, 3, 1),
        mode=interpolation,
        padding_mode='border',
        align_corners=False)
