from typing import List, Optional, Tuple

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class AugmentFace(BaseTransform):
    """Move, crop, flip and recolour a face and its target image alike.

    Pad, rotation, shift, zoom, crop and flip are one affine map, and
    brightness and contrast one table of 256 values, each applied once: some
    ten times as fast as the transforms of torchvision, whose options these
    are. Pixels beyond the image are those of its edge. Brightness comes
    before contrast. Both images share all draws, which are from NumPy's
    generator.

    Required keys: ``img``, and perhaps ``target_img``, uint8 ``(H, W)`` or
    ``(H, W, C)``. Modified keys: these, of the new size, and ``img_shape``.

    Args:
        size (int, optional): Side of the result. Defaults to None, that of
            the image.
        crop (str): ``'center'``, or ``'random'`` for any position in the
            image, as ``RandomCrop``. Defaults to ``'center'``.
        padding (int): Pixels that a random crop may reach beyond each edge.
            Defaults to 0.
        degrees (float): Largest rotation, in degrees. Defaults to 0.
        translate (tuple[float, float]): Largest shift, as a fraction of width
            and height. Defaults to (0, 0).
        scale (tuple[float, float]): Least and largest zoom. Defaults to
            (1, 1).
        brightness (float): Pixels are multiplied by up to 1 plus and minus
            this. Defaults to 0.
        contrast (float): So are the distances from the mean. Defaults to 0.
        flip_prob (float): Probability of a horizontal flip. Defaults to 0.

    Examples:
        >>> dict(type='mmfermtl.AugmentFace', size=96, crop='random',
        ...      flip_prob=0.5)
    """

    def __init__(self,
                 size: Optional[int] = None,
                 crop: str = 'center',
                 padding: int = 0,
                 degrees: float = 0.,
                 translate: Tuple[float, float] = (0., 0.),
                 scale: Tuple[float, float] = (1., 1.),
                 brightness: float = 0.,
                 contrast: float = 0.,
                 flip_prob: float = 0.) -> None:
        if crop not in ('center', 'random'):
            raise ValueError(f"crop={crop!r}; give 'center' or 'random'")
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f'scale={tuple(scale)}; give the least zoom, '
                             'above 0, then the largest')
        if not (0 <= brightness <= 1 and 0 <= contrast <= 1):
            raise ValueError(f'brightness={brightness}, contrast={contrast}; '
                             'give numbers from 0 to 1')
        self.size = size
        self.crop = crop
        self.padding = padding
        self.degrees = degrees
        self.translate = translate
        self.scale = scale
        self.brightness = brightness
        self.contrast = contrast
        self.flip_prob = flip_prob

    def transform(self, results: dict) -> dict:
        """Draw once, and change ``img`` and ``target_img``."""
        shape = results['img'].shape[:2]
        side = (self.size, self.size) if self.size else shape
        moved = self._draw_map(shape, side)
        factors = [
            np.random.uniform(1 - reach, 1 + reach) if reach else 1.
            for reach in (self.brightness, self.contrast)
        ]
        for key in ('img', 'target_img'):
            # Another size is refused when the sample is packed.
            if key in results:
                image = cv2.warpAffine(
                    results[key],
                    moved,
                    side[::-1],
                    flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                    borderMode=cv2.BORDER_REPLICATE)
                if factors != [1., 1.]:
                    image = _recolour(image, *factors)
                results[key] = image
        results['img_shape'] = side
        return results

    def _draw_map(self, shape: Tuple[int, int],
                  side: Tuple[int, int]) -> np.ndarray:
        """Draw the map ``(2, 3)`` from pixels of the result to the image.

        Args:
            shape (tuple[int, int]): Height and width of the image.
            side (tuple[int, int]): Those of the result.
        """
        height, width = shape
        # Where the crop begins in the image.
        if self.crop == 'random':
            top, left = (np.random.randint(-self.padding,
                                           a - b + self.padding + 1)
                         for a, b in zip(shape, side))
        else:
            top, left = (int(round((a - b) / 2)) for a, b in zip(shape, side))
        flip = self.flip_prob > 0 and np.random.rand() < self.flip_prob
        # From the result to the moved image: x = sign * column + start.
        sign, start = (-1, left + side[1] - 1) if flip else (1, left)
        to_moved = np.array([[sign, 0., start], [0., 1., top], [0., 0., 1.]])
        if not (self.degrees or any(self.translate)
                or tuple(self.scale) != (1, 1)):
            return to_moved[:2]
        angle = np.deg2rad(np.random.uniform(-self.degrees, self.degrees))
        shifts = [
            np.round(np.random.uniform(-reach, reach) * pixels)
            for reach, pixels in zip(self.translate, (width, height))
        ]
        zoom = np.random.uniform(*self.scale)
        # From the moved image back to the one that is there, about its
        # centre, as torchvision does.
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
        turn = np.array([[cos, sin], [-sin, cos]])
        back = np.eye(3)
        back[:2, :2] = turn
        back[:2, 2] = centre - turn @ (centre + shifts)
        return (back @ to_moved)[:2]

    def __repr__(self) -> str:
        options = ', '.join(f'{k}={v!r}' for k, v in vars(self).items())
        return f'{type(self).__name__}({options})'


def _recolour(image: np.ndarray, brightness: float,
              contrast: float) -> np.ndarray:
    """Change brightness, then contrast of ``(H, W)`` or ``(H, W, C)`` uint8.

    The mean is that of the brightened image in grey, and channels are in the
    order BGR.
    """
    table = np.minimum(np.arange(256) * brightness, 255)
    means: List[float] = list(cv2.mean(cv2.LUT(image, table)))
    # As OpenCV and Pillow weight them.
    mean = means[0] if image.ndim == 2 or image.shape[2] == 1 else (
        .114 * means[0] + .587 * means[1] + .299 * means[2])
    table = np.clip(mean + contrast * (table - mean), 0, 255)
    return cv2.LUT(image, np.rint(table).astype(np.uint8))
