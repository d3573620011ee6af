"""Weigh the parts of an aligned face that show its expression."""
from typing import Any, Dict, NamedTuple, Tuple

from torch import Tensor

Box = Tuple[float, float, float, float]

#: Left, top, right and bottom of parts of a face whose crop is that of CK+48
#: or of the rendered faces, as shares of the image. They leave room for the
#: translations of the augmentation, and are symmetric as it mirrors faces.
FACE_REGIONS: Dict[str, Box] = dict(
    eyes=(0.1, 0.2, 0.9, 0.55), mouth=(0.2, 0.58, 0.8, 0.98))


class Region(NamedTuple):
    """A box and the weight of its pixels."""

    weight: float
    box: Box


def check_regions(regions: Dict[str, Any]) -> Tuple[Region, ...]:
    """Read the regions of a config.

    Args:
        regions (dict): Weights of parts of :data:`FACE_REGIONS` by name, or
            ``dict(weight=..., box=...)`` for other boxes.

    Returns:
        tuple[Region]: With rising weights.

    Raises:
        ValueError: If a name has no box, or a box is not in the image.
    """
    found = []
    for name, value in regions.items():
        part = value if isinstance(value, dict) else dict(weight=value)
        box = part.get('box', FACE_REGIONS.get(name))
        if box is None:
            raise ValueError(
                f'region {name!r} has no box; give {sorted(FACE_REGIONS)}, or '
                'dict(weight=..., box=(left, top, right, bottom))')
        left, top, right, bottom = box
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError(f'box {tuple(box)} of region {name!r}: give left '
                             '< right and top < bottom, in [0, 1]')
        found.append(Region(float(part['weight']), tuple(box)))
    return tuple(sorted(found))


def region_weights(images: Tensor, regions: Tuple[Region, ...]) -> Tensor:
    """Compute how much each pixel counts.

    Args:
        images (Tensor): ``(N, C, H, W)``, for size and device.
        regions (tuple[Region]): With rising weights.

    Returns:
        Tensor: ``(H, W)``; 1 outside the regions.
    """
    height, width = images.shape[2:]
    weights = images.new_ones(height, width)
    # Filled in place of assigned, which would copy a number from the host.
    for weight, (left, top, right, bottom) in regions:
        rows = slice(round(top * height), round(bottom * height))
        columns = slice(round(left * width), round(right * width))
        weights[rows, columns].fill_(weight)
    return weights
