import math
import random
from typing import Any, List, Optional, Tuple

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS

_LEVELS = np.arange(256.)
_FLAGS = dict(bilinear=cv2.INTER_LINEAR, bicubic=cv2.INTER_CUBIC)


@TRANSFORMS.register_module()
class AugmentFace(BaseTransform):
    """Move, crop, flip and recolour a face and its target image alike.

    Pad, rotation, shift, zoom, crop and flip are one affine map, and
    brightness and contrast one table of 256 values, each applied once: some
    ten times as fast as the transforms of torchvision, whose options these
    are. Pixels beyond the image are those of its edge. Brightness comes
    before contrast. Both images share all draws, which depend on
    ``draw_seed`` if the dataset gives one, else on NumPy's generator.

    Required keys: ``img``, and perhaps ``target_img`` of the same size, uint8
    ``(H, W)`` or ``(H, W, C)``. Modified keys: these, of the new size,
    ``img_shape``, and ``draw_seed``, so that another transform of this kind
    draws other numbers.

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
        erase_prob (float): Probability that a rectangle becomes one level of
            grey (random erasing, Zhong et al., 2020). Defaults to 0.
        erase_area (tuple[float, float]): Least and largest share of the image
            that it covers; its sides have ratios from 1/3 to 3. Defaults to
            (0.02, 0.25).
        interpolation (str): Of the affine map: ``'bilinear'`` or
            ``'bicubic'``. A rotation and a zoom leave two thirds of the
            gradient energy of a face of 48 px by the first, nine tenths by
            the second, so a generator that is to make sharp images should
            not learn from the first. Defaults to ``'bilinear'``.

    Examples:
        >>> dict(type='mmfermtl.AugmentFace', size=96, crop='random',
        ...      flip_prob=0.5)
    """

    #: Draws nothing from the global generators if the dataset seeds it.
    global_draws = False

    def __init__(
        self,
        size: Optional[int] = None,
        crop: str = 'center',
        padding: int = 0,
        degrees: float = 0.,
        translate: Tuple[float, float] = (0., 0.),
        scale: Tuple[float, float] = (1., 1.),
        brightness: float = 0.,
        contrast: float = 0.,
        flip_prob: float = 0.,
        erase_prob: float = 0.,
        erase_area: Tuple[float, float] = (0.02, 0.25),
        interpolation: str = 'bilinear',
    ) -> None:
        if crop not in ('center', 'random'):
            raise ValueError(f"crop={crop!r}; give 'center' or 'random'")
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f'scale={tuple(scale)}; give the least zoom, '
                             'above 0, then the largest')
        if not (0 <= brightness <= 1 and 0 <= contrast <= 1):
            raise ValueError(f'brightness={brightness}, contrast={contrast}; '
                             'give numbers from 0 to 1')
        if not 0 < erase_area[0] <= erase_area[1] <= 1:
            raise ValueError(f'erase_area={tuple(erase_area)}; give the least '
                             'share, above 0, then the largest, at most 1')
        if interpolation not in _FLAGS:
            raise ValueError(f'interpolation={interpolation!r}; give one of '
                             f'{sorted(_FLAGS)}')
        self.size = size
        self.crop = crop
        self.padding = padding
        self.degrees = degrees
        self.translate = translate
        self.scale = scale
        self.brightness = brightness
        self.contrast = contrast
        self.flip_prob = flip_prob
        self.erase_prob = erase_prob
        self.erase_area = erase_area
        self.interpolation = interpolation

    def transform(self, results: dict) -> dict:
        """Draw once, and change ``img`` and ``target_img``."""
        rng: Any = np.random
        if 'draw_seed' in results:
            rng = random.Random(results['draw_seed'])
        shape = results['img'].shape[:2]
        target = results.get('target_img', results['img'])
        if target.shape[:2] != shape:
            raise ValueError(
                f'AugmentFace: the source {results.get("img_path")} has '
                f'{shape} pixels (height, width), its target '
                f'{results.get("target_img_path")} {target.shape[:2]}; resize '
                'both before, for example with mmfermtl.ResizeFace')
        side = (self.size, self.size) if self.size else shape
        moved = self._draw_map(shape, side, rng)
        factors = [
            rng.uniform(1 - reach, 1 + reach) if reach else 1.
            for reach in (self.brightness, self.contrast)
        ]
        erased = self._draw_rectangle(side, rng)
        for key in ('img', 'target_img'):
            if key in results:
                image = cv2.warpAffine(
                    results[key],
                    moved,
                    side[::-1],
                    flags=_FLAGS[self.interpolation] | cv2.WARP_INVERSE_MAP,
                    borderMode=cv2.BORDER_REPLICATE)
                if factors != [1., 1.]:
                    image = _recolour(image, *factors)
                if erased is not None:
                    rows, columns, level = erased
                    image[rows, columns] = level
                results[key] = image
        results['img_shape'] = side
        if 'draw_seed' in results:
            results['draw_seed'] = rng.getrandbits(64)
        return results

    def _draw_map(self, shape: Tuple[int, int], side: Tuple[int, int],
                  rng: Any) -> np.ndarray:
        """Draw the map ``(2, 3)`` from pixels of the result to the image.

        Args:
            shape (tuple[int, int]): Height and width of the image.
            side (tuple[int, int]): Those of the result.
            rng (Random): Has ``uniform(low, high)``.
        """
        height, width = shape
        # Where the crop begins in the image.
        if self.crop == 'random':
            top, left = (self._draw_offset(a - b, rng)
                         for a, b in zip(shape, side))
        else:
            top, left = (int(round((a - b) / 2)) for a, b in zip(shape, side))
        flip = self.flip_prob > 0 and rng.uniform(0, 1) < self.flip_prob
        # From the result to the moved image: x = sign * column + start.
        sign, start = (-1, left + side[1] - 1) if flip else (1, left)
        if not (self.degrees or any(self.translate)
                or tuple(self.scale) != (1, 1)):
            return np.array([[sign, 0., start], [0., 1., top]])
        angle = math.radians(rng.uniform(-self.degrees, self.degrees))
        right, down = (round(rng.uniform(-reach, reach) * pixels)
                       for reach, pixels in zip(self.translate, (width,
                                                                 height)))
        zoom = rng.uniform(*self.scale)
        # From the moved image back to the one that is there, about its
        # centre, as torchvision does.
        cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
        x, y = (width - 1) / 2, (height - 1) / 2
        across, along = start - x - right, top - y - down
        return np.array([[sign * cos, sin, cos * across + sin * along + x],
                         [-sign * sin, cos, cos * along - sin * across + y]])

    def _draw_rectangle(self, side: Tuple[int, int],
                        rng: Any) -> Optional[Tuple[slice, slice, int]]:
        """Draw the rows and columns to erase and their level, or None."""
        if not self.erase_prob or rng.uniform(0, 1) >= self.erase_prob:
            return None
        area = rng.uniform(*self.erase_area) * side[0] * side[1]
        ratio = math.exp(rng.uniform(-math.log(3), math.log(3)))
        lengths = (math.sqrt(area * ratio), math.sqrt(area / ratio))
        places = []
        for length, whole in zip(lengths, side):
            length = min(max(round(length), 1), whole)
            first = min(
                int(rng.uniform(0, whole - length + 1)), whole - length)
            places.append(slice(first, first + length))
        return places[0], places[1], int(rng.uniform(0, 256)) % 256

    def _draw_offset(self, room: int, rng: Any) -> int:
        """Draw where a crop begins that has ``room`` pixels to move."""
        low, high = -self.padding, room + self.padding
        if high < low:
            raise ValueError(
                f"AugmentFace(size={self.size}, crop='random', padding="
                f'{self.padding}): the image has {-room} pixels too few, and '
                f'the padding adds {2 * self.padding}; enlarge it with '
                "mmfermtl.ResizeFace before, or give crop='center'")
        # A number may be rounded to the upper bound.
        return min(math.floor(rng.uniform(low, high + 1)), high)

    def __repr__(self) -> str:
        options = ', '.join(f'{k}={v!r}' for k, v in vars(self).items())
        return f'{type(self).__name__}({options})'


def _recolour(image: np.ndarray, brightness: float,
              contrast: float) -> np.ndarray:
    """Change brightness, then contrast of ``(H, W)`` or ``(H, W, C)`` uint8.

    The mean is that of the brightened image in grey, and channels are in the
    order BGR.
    """
    table = np.minimum(_LEVELS * brightness, 255)
    means: List[float] = list(cv2.mean(cv2.LUT(image, table)))
    # As OpenCV and Pillow weight them.
    mean = means[0] if image.ndim == 2 or image.shape[2] == 1 else (
        .114 * means[0] + .587 * means[1] + .299 * means[2])
    table = mean + contrast * (table - mean) + 0.5
    return cv2.LUT(image, table.clip(0, 255).astype(np.uint8))
