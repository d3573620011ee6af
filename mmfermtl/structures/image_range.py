"""The two ranges in which an image lives: uint8 pictures, network tensors."""
import torch
from torch import Tensor


def to_network_range(img: Tensor) -> Tensor:
    """Map a picture to the range in which the networks see and paint.

    Args:
        img (Tensor): ``(..., C, H, W)``, values in [0, 255].

    Returns:
        Tensor: Same shape, float32, values in [-1, 1].
    """
    return img.float() / 127.5 - 1


def to_picture(img: Tensor) -> Tensor:
    """Map an image of a network to a picture. Inverse of the above.

    Args:
        img (Tensor): ``(..., C, H, W)``, values in [-1, 1]; values outside
            are clipped.

    Returns:
        Tensor: Same shape, uint8, values in [0, 255], rounded.
    """
    scaled = (img.detach().float() + 1) * 127.5
    return scaled.round().clamp(0, 255).to(torch.uint8)
