import logging
import os
from typing import Any, Dict, Optional, Set

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from ...registry import TRANSFORMS
from ...utils.decoding.face_decoding import (check_bit_depth, constant_fault,
                                             decode_record, to_uint8)
from ..image_cache import shared_cache

#: Number of constant images that warnings name.
_NAMED = 5


@TRANSFORMS.register_module()
class LoadFace(BaseTransform):
    """Decode a face image, and its target image if there is one.

    See :func:`~mmfermtl.utils.decoding.face_decoding.decode_face`. Small
    datasets are decoded once and kept in memory. A warning names images
    without content, where all pixels are the same.

    An image that is loaded already, as in mmpretrain's inferencer, is not
    decoded; one of another type than uint8 is scaled as those of files, and
    grey ones and colour ones are converted to ``color_type``.

    Required keys: ``img_path`` (and ``target_img_path``) or ``img``; for a
    frame of a video ``video`` (and ``target_video``), too, see
    :func:`~mmfermtl.utils.decoding.face_decoding.decode_record`. Optional
    keys: ``bit_depth``.

    Added keys: ``img`` (and ``target_img``), uint8 ``(H, W)`` or ``(H, W,
    3)`` BGR; ``img_shape`` and ``ori_shape``, ``(H, W)``.

    Args:
        color_type (str): ``'grayscale'`` or ``'color'`` (BGR). Defaults to
            ``'color'``.
        cache_mb (float): Decoded images are kept until they take this many
            MB, for all pipelines and workers of a machine together. 0 keeps
            none. Defaults to 256.
        bit_depth (int, optional): Bits a channel of images of more than 8,
            see :func:`~mmfermtl.utils.decoding.face_decoding.to_uint8`.
            Defaults to None, that of the dataset, or else the rule of that
            function.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If it is a video and PyAV is not installed.
        ValueError: If it is empty, truncated or no image, or its range of
            values is not clear.
    """

    #: Draws nothing from the global generators.
    global_draws = False

    def __init__(self,
                 color_type: str = 'color',
                 cache_mb: float = 256,
                 bit_depth: Optional[int] = None) -> None:
        if color_type not in ('grayscale', 'color'):
            raise ValueError(f"color_type={color_type!r}; give 'grayscale' "
                             "or 'color'")
        check_bit_depth(bit_depth)
        self.color_type = color_type
        self.cache_mb = cache_mb
        self.bit_depth = bit_depth
        self._constant: Set[str] = set()
        if cache_mb:
            shared_cache(cache_mb)  # before workers are forked

    def transform(self, results: dict) -> dict:
        """Add ``img`` and ``target_img``."""
        if 'img' not in results and results.get('img_path') is None:
            raise KeyError('LoadFace needs `img_path` or `img`, found '
                           f'{sorted(results)}')
        depth = self.bit_depth or results.get('bit_depth')
        for prefix in ('', 'target_'):
            key, path = f'{prefix}img', results.get(f'{prefix}img_path')
            if key in results:
                name = path or 'an image that was handed in'
                results[key] = self._convert(
                    to_uint8(results[key], name, depth))
                self._report(results[key], name)
            elif path is not None:
                record = dict(img_path=path, bit_depth=depth)
                if f'{prefix}video' in results:
                    record['video'] = results[f'{prefix}video']
                results[key] = self._load(record)
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results

    def _convert(self, img: np.ndarray) -> np.ndarray:
        """Convert ``(H, W)`` or ``(H, W, C)`` uint8 to ``color_type``."""
        grey = img.ndim == 2 or img.shape[2] == 1
        if self.color_type == 'color':
            return cv2.cvtColor(img, cv2.COLOR_GRAY2BGR) if grey else img
        return img if grey else cv2.cvtColor(img, cv2.COLOR_BGR2GRAY)

    def _load(self, record: Dict[str, Any]) -> np.ndarray:
        """Decode an image, or copy it from the cache."""
        path = record['img_path']
        if not self.cache_mb:
            return self._decode(record)
        cache = shared_cache(self.cache_mb)
        try:
            state = os.stat(path)
        except OSError:
            return self._decode(record)  # which reports what is wrong
        key = (path, state.st_mtime_ns, state.st_size, self.color_type,
               record['bit_depth'], *sorted(record.get('video', {}).items()))
        img = cache.get(key)
        if img is None:
            img = self._decode(record)
            cache.put(key, img)
        return img

    def _decode(self, record: Dict[str, Any]) -> np.ndarray:
        """Decode an image, and warn if it is constant."""
        img = decode_record(record, self.color_type)
        self._report(img, record['img_path'])
        return img

    def _report(self, img: np.ndarray, name: str) -> None:
        """Warn of an image without content, once for each."""
        fault = constant_fault(img, name)
        if fault is None or name in self._constant:
            return
        self._constant.add(name)
        count = len(self._constant)
        if count <= _NAMED:
            more = ('; more such images are not named, `verify=True` of the '
                    'dataset lists them all' if count == _NAMED else '')
            print_log(
                f'{fault} (constant image {count}{more})',
                logger='current',
                level=logging.WARNING)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(color_type={self.color_type!r}, '
                f'cache_mb={self.cache_mb}, bit_depth={self.bit_depth})')
