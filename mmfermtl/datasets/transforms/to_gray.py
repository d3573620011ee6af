import cv2
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class ToGray(BaseTransform):
    """Convert BGR images to grey ones; leave grey images as they are.

    It lets a one-channel model work with loaders that always give three
    channels, such as mmpretrain's inferencer. The weights are those of
    ITU-R BT.601 (OpenCV's).

    Required keys: ``img``. Modified keys: ``img`` and, if present,
    ``target_img``: from uint8 ``(H, W, 3)`` or ``(H, W, 1)`` to ``(H, W)``.
    """

    #: Draws nothing from the global generators.
    global_draws = False

    def transform(self, results: dict) -> dict:
        """Convert ``img`` and ``target_img``."""
        for key in ('img', 'target_img'):
            if key in results and results[key].ndim == 3:
                img = results[key]
                results[key] = (
                    img[..., 0] if img.shape[2] == 1 else cv2.cvtColor(
                        img, cv2.COLOR_BGR2GRAY))
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
