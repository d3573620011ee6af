import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class ResizeFace(BaseTransform):
    """Resize an image, and its target image, to the size of the network.

    The shorter edge becomes ``size``, and of the longer one the middle is
    kept, so that the face is not stretched. Shrinking takes the mean over
    areas (OpenCV's ``INTER_AREA``), so that nothing is aliased; enlarging is
    bicubic (``INTER_CUBIC``). An image of that size is not changed. Use it in
    the training and in the test pipeline alike.

    Required keys: ``img``. Modified keys: ``img`` and, if present,
    ``target_img``: uint8 ``(size, size)`` or ``(size, size, C)``;
    ``img_shape``.

    Args:
        size (int): Side of the square image in pixels.

    Raises:
        ValueError: If ``size`` is not a positive whole number.

    Examples:
        >>> pipeline = [
        ...     dict(type='mmfermtl.LoadFace', color_type='grayscale'),
        ...     dict(type='mmfermtl.ResizeFace', size=48),
        ...     dict(type='mmfermtl.PackExpressionInputs'),
        ... ]
    """

    #: Draws nothing from the global generators.
    global_draws = False

    def __init__(self, size: int) -> None:
        if not isinstance(size, int) or size < 1:
            raise ValueError(f'size={size!r}; give the side in pixels, a '
                             'whole number from 1')
        self.size = size

    def transform(self, results: dict) -> dict:
        """Resize ``img`` and ``target_img``."""
        for key in ('img', 'target_img'):
            if key in results:
                results[key] = self._resize(results[key])
        results['img_shape'] = results['img'].shape[:2]
        return results

    def _resize(self, img: np.ndarray) -> np.ndarray:
        """Resize ``(H, W[, C])`` to ``(size, size[, C])``."""
        height, width = img.shape[:2]
        short = min(height, width)
        if short != self.size:
            # At least `size`, whatever the division rounds to.
            sides = [
                max(self.size, round(side * self.size / short))
                for side in (width, height)
            ]
            img = cv2.resize(
                img,
                sides,
                interpolation=(cv2.INTER_AREA
                               if self.size < short else cv2.INTER_CUBIC))
            height, width = img.shape[:2]
        top, left = (height - self.size) // 2, (width - self.size) // 2
        return img[top:top + self.size, left:left + self.size]

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'
