import io
import os.path as osp
from typing import Any, Dict, Optional

import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image, UnidentifiedImageError

from ...registry import TRANSFORMS
from ..clip_geometry import upright_frame
from ..video_frames import read_video_frames


@TRANSFORMS.register_module()
class LoadFace(BaseTransform):
    """Decode a face image, and that of its target expression if there is one.

    Pillow decodes, because it refuses a truncated file, which OpenCV would
    return half grey. Any mode becomes 8-bit grey or BGR: 16-bit is scaled,
    the alpha channel is dropped, palette and CMYK are converted. Small
    datasets are decoded once and kept in memory.

    Does nothing for an image that is there already, as in mmpretrain's
    inferencer.

    Required keys: ``img_path`` (and ``target_img_path``) or ``img``; for a
    frame of a video ``video`` (and ``target_video``), too, see
    :func:`decode_video_face`.

    Added keys: ``img`` (and ``target_img``), uint8 ``(H, W)`` or
    ``(H, W, 3)``; ``img_shape``, ``ori_shape``.

    Args:
        color_type (str): ``'grayscale'`` or ``'color'`` (BGR). Defaults to
            ``'color'``.
        cache_mb (float): Decoded images are kept until they take this many
            MB, in each process. 0 keeps none. Defaults to 256.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If it is a video and PyAV is not installed.
        ValueError: If it is empty, truncated or no image.
    """

    def __init__(self,
                 color_type: str = 'color',
                 cache_mb: float = 256) -> None:
        if color_type not in ('grayscale', 'color'):
            raise ValueError(f"color_type={color_type!r}; give 'grayscale' "
                             "or 'color'")
        self.color_type = color_type
        self.cache_mb = cache_mb
        self._cache: Dict[Any, np.ndarray] = {}
        self._cache_bytes = 0

    def transform(self, results: dict) -> dict:
        """Fill in ``img`` and ``target_img``."""
        for prefix in ('', 'target_'):
            path = results.get(f'{prefix}img_path')
            if f'{prefix}img' not in results and path is not None:
                results[f'{prefix}img'] = self._load(
                    path, results.get(f'{prefix}video'))
        if 'img' not in results:
            raise KeyError('LoadFace needs `img_path` or `img`, found '
                           f'{sorted(results)}')
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results

    def _load(self, path: str, video: Optional[dict]) -> np.ndarray:
        key = (path, *sorted((video or {}).items()))
        if key in self._cache:
            return self._cache[key].copy()
        if video is None:
            img = decode_face(path, self.color_type)
        else:
            img = decode_video_face(path, self.color_type, **video)
        if self._cache_bytes + img.nbytes <= self.cache_mb * 2**20:
            self._cache[key] = img
            self._cache_bytes += img.nbytes
        return img.copy()

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(color_type={self.color_type!r}, '
                f'cache_mb={self.cache_mb})')


def decode_face(path: str, color_type: str) -> np.ndarray:
    """Decode one image file to 8-bit grey or BGR.

    Args:
        path (str): The file.
        color_type (str): ``'grayscale'`` or ``'color'``.

    Returns:
        np.ndarray: ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path}: image not found; complete the '
                                'dataset or remove the entry')
    with open(path, 'rb') as file:
        content = file.read()
    if not content:
        raise ValueError(f'{path}: found 0 bytes, expected an image; copy the '
                         'file again from the distribution')
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
    except UnidentifiedImageError:
        raise ValueError(f'{path}: found {len(content)} bytes that are no '
                         'image in a known format; copy the file again from '
                         'the distribution') from None
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(f'{path}: broken or truncated image ({error}); copy '
                         'the file again from the distribution') from None
    if image.mode.startswith('I') or image.mode == 'F':
        # 16 bits: Pillow's own conversion clips at 255 instead of scaling.
        wide = np.asarray(image).astype(np.float64)
        grey = np.clip(wide / 257 + 0.5, 0, 255).astype(np.uint8)
        image = Image.fromarray(grey)
    if color_type == 'grayscale':
        return np.array(image.convert('L'))
    return np.ascontiguousarray(np.asarray(image.convert('RGB'))[..., ::-1])


def decode_record(record: dict, color_type: str) -> np.ndarray:
    """Decode the image of a sample record, a file or a frame of a video.

    Args:
        record (dict): With ``img_path``, and ``video`` for a frame.
        color_type (str): ``'grayscale'`` or ``'color'``.

    Returns:
        np.ndarray: ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.
    """
    if 'video' in record:
        return decode_video_face(record['img_path'], color_type,
                                 **record['video'])
    return decode_face(record['img_path'], color_type)


def decode_video_face(path: str, color_type: str, index: int,
                      half: Optional[str], rotate: int) -> np.ndarray:
    """Decode one frame of a video to 8-bit grey or BGR, upright.

    Args:
        path (str): The video.
        color_type (str): ``'grayscale'`` or ``'color'``.
        index (int): 0-based number of the frame.
        half (str, optional): Which part of the frame to take, see
            :mod:`~mmfermtl.datasets.clip_geometry`.
        rotate (int): How far to turn it clockwise, in degrees.

    Returns:
        np.ndarray: ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.
    """
    frame = read_video_frames(path, [index])[index]
    frame = upright_frame(frame, dict(half=half, rotate=rotate))
    if color_type == 'color':
        return frame
    # By Pillow, as the images of files.
    return np.array(Image.fromarray(frame[..., ::-1].copy()).convert('L'))
