"""Encode expressions as planes of an image, where only images can pass."""
from typing import Tuple

import torch
from torch import Tensor


def join_label(img: Tensor, score: Tensor) -> Tensor:
    """Concatenate ``(N, C, H, W)`` and planes of an expression ``(N, E)``."""
    planes = score.to(img)[..., None, None].expand(-1, -1, *img.shape[2:])
    return torch.cat([img, planes], dim=1)


def split_label(joined: Tensor, num_classes: int) -> Tuple[Tensor, Tensor]:
    """Undo :func:`join_label`.

    Args:
        joined (Tensor): ``(N, C + E, H, W)``.
        num_classes (int): Number of expressions ``E``.

    Returns:
        tuple[Tensor, Tensor]: ``(N, C, H, W)`` and ``(N, E)``.

    Raises:
        ValueError: If there are not more channels than expressions.
    """
    channels = joined.size(1) - num_classes
    # Fewer would be read as an image without channels.
    if channels < 1:
        raise ValueError(
            f'an image with {joined.size(1)} channels has no room for '
            f'{num_classes} planes of expressions; is the data preprocessor '
            "'mmfermtl.TranslationDataPreprocessor'?")
    # The planes are constant, so one pixel is enough.
    return joined[:, :channels], joined[:, channels:, 0, 0]
