"""Convert between uint8 images and the value range of the networks."""
import torch
from torch import Tensor


def to_network_range(img: Tensor) -> Tensor:
    """Map an image to the range that the networks read and generate.

    Args:
        img (Tensor): ``(..., C, H, W)``, values in [0, 255].

    Returns:
        Tensor: Same shape, float32, values in [-1, 1].
    """
    return img.float() / 127.5 - 1


def to_picture(img: Tensor) -> Tensor:
    """Map an image from the range of the networks to uint8.

    The inverse of :func:`to_network_range`.

    Args:
        img (Tensor): ``(..., C, H, W)``, values in [-1, 1]; values outside
            are clipped.

    Returns:
        Tensor: Same shape, uint8, values in [0, 255], rounded.
    """
    # Rounded: a plain cast to uint8 would cut off the fraction.
    scaled = (img.detach().float() + 1) * 127.5
    return scaled.round().clamp(0, 255).to(torch.uint8)
