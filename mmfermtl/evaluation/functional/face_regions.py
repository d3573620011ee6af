"""Measure parts of a face, such as the mouth, in an aligned image."""
from typing import Any, Dict, Optional, Tuple

import numpy as np

from .image_scores import similarity_map

#: Left, top, right and bottom, as fractions of width and height.
Box = Tuple[float, float, float, float]
#: They hold the brows, the eyes and the opened mouth of the mean face of both
#: the rendered faces and the crops of CK+48; our choice.
REGIONS: Dict[str, Box] = dict(
    mouth=(0.25, 0.66, 0.75, 0.94), eyes=(0.15, 0.22, 0.85, 0.48))


def check_regions(regions: Optional[Dict[str, Any]]) -> Dict[str, Box]:
    """Return regions, or the default ones for None.

    Raises:
        ValueError: If one is not inside of the image, or empty.
    """
    found = REGIONS if regions is None else regions
    for name, box in found.items():
        if len(box) != 4 or not (0 <= box[0] < box[2] <= 1
                                 and 0 <= box[1] < box[3] <= 1):
            raise ValueError(
                f'region {name}: found {box}, expected left, top, right and '
                'bottom as fractions of the image, 0 to 1, such as '
                f'{REGIONS["mouth"]}')
    return {name: tuple(box) for name, box in found.items()}


def crop_region(image: np.ndarray, box: Box) -> np.ndarray:
    """Cut a box out of ``(..., H, W)``, to the nearest pixels.

    It has two pixels or more in each direction, for a gradient.
    """
    height, width = image.shape[-2:]
    left, top = round(box[0] * width), round(box[1] * height)
    right = max(round(box[2] * width), left + 2)
    bottom = max(round(box[3] * height), top + 2)
    return image[..., top:bottom, left:right]


def region_similarity(fake: np.ndarray, real: np.ndarray,
                      regions: Dict[str, Box]) -> Dict[str, float]:
    """Compute the SSIM of a pair of images in each region.

    It is the mean of the map of the whole images, so that windows at the
    border of a region reach beyond it by up to five pixels.

    Args:
        fake (np.ndarray): ``(C, H, W)`` uint8, at least 11 pixels wide.
        real (np.ndarray): ``(C, H, W)`` uint8.
        regions (dict[str, tuple]): Boxes by name, see :data:`REGIONS`.

    Returns:
        dict[str, float]: Up to 1, by name.

    Raises:
        ValueError: If the shapes differ.
    """
    values = similarity_map(fake, real)[1]
    return {
        name: float(crop_region(values, box).mean())
        for name, box in regions.items()
    }


def gradient_energy(image: np.ndarray, regions: Dict[str,
                                                     Box]) -> Dict[str, float]:
    """Compute how sharp an image is in each region.

    Args:
        image (np.ndarray): ``(C, H, W)`` uint8; channels are averaged.
        regions (dict[str, tuple]): Boxes by name, see :data:`REGIONS`.

    Returns:
        dict[str, float]: Mean of the squared difference of neighbouring
        pixels, along both axes, for values in [0, 1]; by name.
    """
    grey = image.astype(np.float64).mean(0) / 255
    found = {}
    for name, box in regions.items():
        part = crop_region(grey, box)
        # Not central differences, which miss what changes at every pixel.
        found[name] = float((np.diff(part, axis=0)**2).mean() +
                            (np.diff(part, axis=1)**2).mean())
    return found
