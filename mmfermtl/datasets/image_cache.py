"""Keep decoded images in memory that all workers of a loader share."""
import hashlib
import mmap
import multiprocessing
import os
from typing import Any, Dict, Optional, Tuple

import numpy as np
from torch.utils.data import get_worker_info

#: One entry of the index. A length of 0 means that the entry is free; it is
#: written last, so that a reader never sees half of an entry.
_ENTRY = np.dtype([('key', 'V16'), ('offset', 'i8'), ('shape', 'i4', (3, )),
                   ('length', 'i4')])
#: Bytes of memory per entry of the index: smaller images than this leave a
#: part of the memory unused.
_BYTES_PER_ENTRY = 512
#: Entries that are looked at before a key counts as absent.
_PROBES = 16


class ImageCache:
    """Images of uint8 in anonymous memory, up to a limit.

    Processes that are forked afterwards see the same memory, and what any of
    them adds. Memory that is not used yet takes none. Nothing is evicted.

    Args:
        size (int): Limit in bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        # Shared with children where there is `fork`.
        self._images = mmap.mmap(-1, size)
        self._slots = max(64, size // _BYTES_PER_ENTRY)
        self._index = np.frombuffer(
            mmap.mmap(-1, self._slots * _ENTRY.itemsize), _ENTRY)
        self._used = np.frombuffer(mmap.mmap(-1, 8), 'i8')
        self._lock = multiprocessing.Lock()

    @property
    def used(self) -> int:
        """int: Bytes of the images."""
        return int(self._used[0])

    def get(self, key: Tuple) -> Optional[np.ndarray]:
        """Return a copy of an image, None if it is not here.

        Args:
            key (tuple): Strings and numbers that name the image.

        Returns:
            ndarray, optional: ``(H, W)`` or ``(H, W, C)`` uint8.
        """
        digest, entry = self._find(key)
        if entry is None or not self._index['length'][entry]:
            return None
        _, offset, shape, length = self._index[entry]
        flat = np.frombuffer(self._images, np.uint8, int(length), int(offset))
        return flat.reshape([n for n in shape if n]).copy()

    def put(self, key: Tuple, image: np.ndarray) -> bool:
        """Add an image, unless the limit is reached.

        Args:
            key (tuple): As in :meth:`get`.
            image (ndarray): ``(H, W)`` or ``(H, W, C)`` uint8.

        Returns:
            bool: Whether it is here now.
        """
        # Another process writes, or was killed while it did: the image is
        # decoded again next time, and nobody waits.
        if not self._lock.acquire(block=False):
            return False
        try:
            digest, entry = self._find(key)
            if entry is None:
                return False
            if self._index['length'][entry]:
                return True
            offset = self.used
            if not image.nbytes or offset + image.nbytes > self.size:
                return False
            self._images[offset:offset + image.nbytes] = image.tobytes()
            row = self._index[entry:entry + 1]
            row['key'], row['offset'] = digest, offset
            row['shape'] = (*image.shape, 0)[:3]
            self._used[0] = offset + image.nbytes
            row['length'] = image.nbytes
            return True
        finally:
            self._lock.release()

    def _find(self, key: Tuple) -> Tuple[np.void, Optional[int]]:
        """Find the entry of a key, or a free one for it.

        Returns its digest too, and None if there is neither.
        """
        digest = hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
        first = int.from_bytes(digest[:8], 'little')
        for step in range(_PROBES):
            entry = (first + step) % self._slots
            found = self._index[entry]
            if not found['length'] or found['key'].tobytes() == digest:
                return np.void(digest), entry
        return np.void(digest), None


_caches: Dict[float, ImageCache] = {}


def shared_cache(megabytes: float) -> ImageCache:
    """Return the cache of this process and its workers.

    All pipelines with the same limit share it. The processes of a
    distributed run on one machine share the limit, and so do workers that
    are not forked, which cannot share the memory.

    Args:
        megabytes (float): Limit in MB (2**20 bytes).

    Returns:
        ImageCache: The cache.
    """
    # Made before the workers are forked, which then find it here.
    if megabytes not in _caches:
        sharers = int(os.environ.get('LOCAL_WORLD_SIZE', 1))
        worker: Any = get_worker_info()
        if worker is not None:
            sharers *= worker.num_workers
        _caches[megabytes] = ImageCache(
            max(1, int(megabytes * 2**20 / sharers)))
    return _caches[megabytes]
