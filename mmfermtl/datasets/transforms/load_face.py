import logging
from typing import Any, Dict, Optional, Set

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log

from ...registry import TRANSFORMS
from ..decoding.face_decoding import (check_bit_depth, constant_fault,
                                      decode_record, to_uint8)

#: Number of constant images that warnings name.
_NAMED = 5


@TRANSFORMS.register_module()
class LoadFace(BaseTransform):
    """Decode a face image, and its target image if there is one.

    See :func:`~mmfermtl.datasets.decoding.face_decoding.decode_face`. Small
    datasets are decoded once and kept in memory. A warning names images
    without content, where all pixels are the same.

    An image that is loaded already, as in mmpretrain's inferencer, is not
    decoded; one of another type than uint8 is scaled as those of files.

    Required keys: ``img_path`` (and ``target_img_path``) or ``img``; for a
    frame of a video ``video`` (and ``target_video``), too, see
    :func:`~mmfermtl.datasets.decoding.face_decoding.decode_record`. Optional
    keys: ``bit_depth``.

    Added keys: ``img`` (and ``target_img``), uint8 ``(H, W)`` or ``(H, W,
    3)`` BGR; ``img_shape`` and ``ori_shape``, ``(H, W)``.

    Args:
        color_type (str): ``'grayscale'`` or ``'color'`` (BGR). Defaults to
            ``'color'``.
        cache_mb (float): Decoded images are kept until they take this many
            MB, in each process. 0 keeps none. Defaults to 256.
        bit_depth (int, optional): Bits a channel of images of more than 8,
            see :func:`~mmfermtl.datasets.decoding.face_decoding.to_uint8`.
            Defaults to None, that of the dataset, or else the rule of that
            function.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If it is a video and PyAV is not installed.
        ValueError: If it is empty, truncated or no image, or its range of
            values is not clear.
    """

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
        self._cache: Dict[Any, np.ndarray] = {}
        self._cache_bytes = 0
        self._constant: Set[str] = set()

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
                results[key] = to_uint8(results[key], name, depth)
                self._report(results[key], name)
            elif path is not None:
                record = dict(img_path=path, bit_depth=depth)
                if f'{prefix}video' in results:
                    record['video'] = results[f'{prefix}video']
                results[key] = self._load(record)
        results['img_shape'] = results['ori_shape'] = results['img'].shape[:2]
        return results

    def _load(self, record: Dict[str, Any]) -> np.ndarray:
        """Decode an image, or copy it from the cache."""
        path = record['img_path']
        key = (path, *sorted(record.get('video', {}).items()))
        if key in self._cache:
            return self._cache[key].copy()
        img = decode_record(record, self.color_type)
        self._report(img, path)
        if self._cache_bytes + img.nbytes <= self.cache_mb * 2**20:
            self._cache[key] = img
            self._cache_bytes += img.nbytes
        return img.copy()

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
