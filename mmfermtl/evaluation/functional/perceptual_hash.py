"""Find images that are copies of one another, whatever was done to the file.

The hash is written here because the one library for it, ImageHash, requires
SciPy and PyWavelets, and PyWavelets is needed for nothing else.

A hash alone does not tell a copy from another person: aligned faces of 48 px
are alike in their low frequencies. So it only proposes pairs, and the
correlation of the finer detail decides.
"""
from typing import Dict, Iterator, List, NamedTuple, Tuple

import cv2
import numpy as np

#: Side of the thumbnails in pixels.
THUMBNAIL_SIDE = 32
#: The hash has the square of this many bits.
HASH_SIDE = 8
#: Broader structure than this (pixels of a thumbnail) is light, not detail.
LIGHT_SIGMA = 4
#: Detail is compared at shifts of up to this many pixels of a thumbnail.
MAX_SHIFT = 2
#: A picture whose detail varies less (grey levels) is flat.
FLAT = 0.1
_BLOCK = 1024
_APART = 255


class NearDuplicate(NamedTuple):
    """Two images that show the same picture."""

    first: int
    second: int
    #: Bits in which the hashes differ, 0 to 64.
    distance: int
    #: Correlation of the detail, in [-1, 1].
    correlation: float
    #: Whether one is the other one's mirror image.
    mirrored: bool


def make_thumbnail(image: np.ndarray) -> np.ndarray:
    """Reduce an image to what the comparison needs.

    Args:
        image (np.ndarray): ``(H, W)``, ``(H, W, 1)`` or ``(H, W, 3)`` BGR,
            uint8, of any size.

    Returns:
        np.ndarray: ``(32, 32)`` float32 in [0, 255].
    """
    if image.ndim == 3 and image.shape[2] == 3:
        image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2GRAY)
    image = np.ascontiguousarray(image.reshape(image.shape[:2]), np.float32)
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def perceptual_hash(thumbnail: np.ndarray) -> np.ndarray:
    """64-bit pHash: low frequencies above or below their median.

    As in the pHash library, the lowest row and column of the cosine transform
    are left out. On CK+48 the hash with them lies within 12 bits for five
    times as many pairs of different persons.

    Args:
        thumbnail (np.ndarray): ``(32, 32)`` float32.

    Returns:
        np.ndarray: ``(64, )`` bool.
    """
    low = cv2.dct(thumbnail)[1:HASH_SIDE + 1, 1:HASH_SIDE + 1]
    return (low > np.median(low)).ravel()


def image_detail(thumbnail: np.ndarray) -> np.ndarray:
    """What remains of a thumbnail without its light, ``(32, 32)`` float32."""
    return thumbnail - cv2.GaussianBlur(thumbnail, (0, 0), LIGHT_SIGMA)


def detail_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two details at the best small shift.

    Args:
        first (np.ndarray): ``(32, 32)`` float32, not flat.
        second (np.ndarray): Likewise; its border is left out.

    Returns:
        float: In [-1, 1].
    """
    inner = slice(MAX_SHIFT, -MAX_SHIFT)
    part = np.ascontiguousarray(second[inner, inner])
    found = cv2.matchTemplate(first, part, cv2.TM_CCOEFF_NORMED)
    return float(found.max())


def find_near_duplicates(thumbnails: np.ndarray,
                         train: np.ndarray,
                         test: np.ndarray,
                         max_distance: int = 14,
                         min_correlation: float = 0.93) -> List[NearDuplicate]:
    """Find pairs that a fold separates although they are one picture.

    The defaults were measured on CK+48 (981 images; 476,397 pairs of
    different persons, also mirrored). The hash proposes 9,288 of these pairs
    within 14 bits; none correlates above 0.90. Copies of 118 images under
    another subject's name were all found when saved as JPEG of quality 30,
    halved or enlarged, made 40 levels brighter, given 1.2 times the contrast
    or mirrored; 117 when moved by a pixel; 72 when cut by one pixel on each
    side of 48, and none when cut by two. All this holds for face crops; whole
    frames of one studio are alike whoever sits there.

    Args:
        thumbnails (np.ndarray): ``(N, 32, 32)`` float32.
        train (np.ndarray): ``(N, F)`` bool: whether an image is trained on
            in each fold.
        test (np.ndarray): ``(N, F)`` bool: whether it is tested on.
        max_distance (int): Bits in which the hashes of a pair may differ.
            Defaults to 14.
        min_correlation (float): Defaults to 0.93.

    Returns:
        list[NearDuplicate]: Positions with ``first < second``, most alike
        first. Only pairs of which some fold trains on one and tests on the
        other. Flat images, which show nothing, are in none.
    """
    details = [image_detail(t) for t in thumbnails]
    flat = np.array([d.std() < FLAT for d in details], bool)
    train, test = train & ~flat[:, None], test & ~flat[:, None]
    found: Dict[Tuple[int, int], NearDuplicate] = {}
    for mirrored in (False, True):
        others = thumbnails[..., ::-1] if mirrored else thumbnails
        for i, j, distance in _propose(thumbnails, others, train, test,
                                       max_distance):
            other = details[j][:, ::-1] if mirrored else details[j]
            alike = detail_correlation(details[i], other)
            best = found.get((i, j))
            if alike >= min_correlation and (best is None
                                             or alike > best.correlation):
                found[i, j] = NearDuplicate(i, j, distance, alike, mirrored)
    return sorted(found.values(), key=lambda p: (-p.correlation, p[:2]))


def _propose(thumbnails: np.ndarray, others: np.ndarray, train: np.ndarray,
             test: np.ndarray,
             max_distance: int) -> Iterator[Tuple[int, int, int]]:
    """Yield the separated pairs ``i < j`` of near hashes, and the distance."""
    hashes, other_hashes = _signs(thumbnails), _signs(others)
    train, test = train.astype(np.float32), test.astype(np.float32)
    for start in range(0, len(hashes), _BLOCK):
        rows = slice(start, start + _BLOCK)
        products = hashes[rows] @ other_hashes.T
        distances = ((HASH_SIDE**2 - products) / 2).astype(np.uint8)
        separated = train[rows] @ test.T + test[rows] @ train.T
        distances[separated == 0] = _APART
        for i, j in np.argwhere(distances <= max_distance).tolist():
            if start + i < j:
                yield start + i, j, int(distances[i, j])


def _signs(thumbnails: np.ndarray) -> np.ndarray:
    """Hashes ``(N, 64)`` as -1 and 1: their products count equal bits."""
    hashes = [perceptual_hash(np.ascontiguousarray(t)) for t in thumbnails]
    bits = np.array(hashes, np.float32).reshape(-1, HASH_SIDE**2)
    return bits * 2 - 1
