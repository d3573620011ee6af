from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from ...utils.face_size import resize_face


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
                results[key] = resize_face(results[key], self.size, self.size)
        results['img_shape'] = results['img'].shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size})'
