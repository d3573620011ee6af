"""Find images that are copies of one another, even after editing.

Aligned faces of 48 px are similar as wholes: over small movements the best
correlation of two subjects reaches that of a copy with a hidden part. The
fine structure of small blocks separates them. A search over movements counts
the blocks that correlate; the few pairs with enough of them are registered
and decided by the correlations of their blocks.
"""
import itertools
import math
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

import cv2
import numpy as np
from scipy.optimize import minimize

#: Side of the thumbnails in pixels.
THUMBNAIL_SIDE = 32
#: A thumbnail has four times four blocks.
BLOCK_SIDE = 8
NUM_BLOCKS = (THUMBNAIL_SIDE // BLOCK_SIDE)**2
#: A block whose detail varies less (grey levels) is flat.
FLAT = 1.
#: Images with fewer blocks that are not flat cannot be compared.
MIN_BLOCKS = 6
#: Correlation of a block in the search above which it may match.
VOTE = 0.7
#: Shares of the blocks: of a whole copy, and of one with a hidden part,
#: which must then match this many times better.
WHOLE, PART, STRICTER = 0.75, 0.5, 4
#: Few rows at a time, so that their products stay in the cache.
_ROWS = 32


class Movement(NamedTuple):
    """A mirroring, rotation, scaling and shift of a thumbnail."""

    mirrored: bool
    #: Degrees, counter-clockwise.
    angle: float
    scale: float
    #: Pixels of a thumbnail.
    x: float
    y: float


class NearDuplicate(NamedTuple):
    """Two copies of one image."""

    first: int
    second: int
    #: Correlation that three quarters of the blocks reach, in [-1, 1]; half
    #: of them if a part is hidden.
    correlation: float
    #: Whether one is the mirror image of the other.
    mirrored: bool
    #: Whether one is the negative of the other.
    inverted: bool
    #: Whether only a part of the images is the same.
    part: bool


class _Candidate(NamedTuple):
    """A pair from the search; ``moved`` is moved onto ``still``."""

    moved: int
    still: int
    votes: int
    movement: Movement
    inverted: bool


def _list_movements() -> List[Movement]:
    """List the movements of the search: turns, crops and shifts combined.

    Either image of a pair is moved onto the other, so that one of two
    inverse movements is enough.
    """
    shifts = list(itertools.product((-1.5, 0., 1.5), repeat=2))
    found = []
    for mirrored in (False, True):
        for angle in (-8., -4., 0., 4., 8.):
            for x, y in shifts:
                # A mirrored movement keeps its angle when inverted.
                if (y >= 0) if mirrored else ((angle, x, y) >= (0, 0, 0)):
                    found.append(Movement(mirrored, angle, 1., x, y))
        found += [
            Movement(mirrored, angle, scale, x, y) for scale in (1.1, 1.2)
            for angle in (-6., 0., 6.) for x, y in shifts
        ]
    return found


def _light_basis() -> np.ndarray:
    """Orthonormal ``(64, 6)`` basis of quadratic surfaces over a block."""
    line = np.linspace(-1, 1, BLOCK_SIDE)
    y, x = (axis.ravel() for axis in np.meshgrid(line, line, indexing='ij'))
    surfaces = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1)
    return np.linalg.qr(surfaces)[0].astype(np.float32)


MOVEMENTS = _list_movements()
_LIGHT = _light_basis()


def make_thumbnail(image: np.ndarray) -> np.ndarray:
    """Reduce an image to what is compared.

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


def _block_details(thumbnails: np.ndarray) -> np.ndarray:
    """Remove the illumination, a quadratic surface, from each block.

    Of thumbnails ``(N, 32, 32)`` float32, these are ``(16, N, 64)`` float32
    of norm 1, or 0 for a flat block. What hides a block affects no other.
    """
    side = THUMBNAIL_SIDE // BLOCK_SIDE
    grid = thumbnails.reshape(-1, side, BLOCK_SIDE, side, BLOCK_SIDE)
    blocks = grid.transpose(1, 3, 0, 2, 4).reshape(NUM_BLOCKS, -1,
                                                   BLOCK_SIDE**2)
    blocks = blocks - (blocks @ _LIGHT) @ _LIGHT.T
    length = np.linalg.norm(blocks, axis=2, keepdims=True)
    return np.where(length > FLAT * BLOCK_SIDE,
                    blocks / np.maximum(length, 1e-6), 0).astype(np.float32)


def _move(thumbnail: np.ndarray, movement: Movement) -> np.ndarray:
    """Apply a movement to a thumbnail ``(32, 32)``, the border repeated."""
    if movement.mirrored:
        thumbnail = np.ascontiguousarray(thumbnail[:, ::-1])
    middle = (THUMBNAIL_SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), movement.angle,
                                     movement.scale)
    matrix[:, 2] += movement.x, movement.y
    return cv2.warpAffine(
        thumbnail, matrix, thumbnail.shape, borderMode=cv2.BORDER_REPLICATE)


def find_near_duplicates(thumbnails: np.ndarray,
                         train: np.ndarray,
                         test: np.ndarray,
                         min_correlation: float = 0.88) -> List[NearDuplicate]:
    """Find copies of one image on the two sides of a fold.

    Copies are found that were compressed, scaled, brightened, moved, rotated,
    cropped, mirrored, inverted or partly hidden. This is for face crops: whole
    frames of one studio are similar for all subjects.

    The default was measured on CK+48: of 476,397 pairs of different subjects
    none is flagged (the best have 0.74 and, in half of the blocks, 0.89), of
    3,312 pairs of other sequences of one subject 45. Of 60 copies each, all
    were found when moved by 3 px of 48, cropped by 4 px on each side, rotated
    by 8 degrees, inverted, mirrored, or hidden by a square of 24 px; 59 with
    the lower half hidden, 52 when halved, 34 to 47 when rotated over black
    corners.

    Time grows with the square of the number of images, half a minute for
    1,000 on one core; memory does not.

    Args:
        thumbnails (np.ndarray): ``(N, 32, 32)`` float32 in [0, 255].
        train (np.ndarray): ``(N, F)`` bool: whether an image is trained on
            in each fold.
        test (np.ndarray): ``(N, F)`` bool: whether it is tested on.
        min_correlation (float): What three quarters of the blocks must
            reach. If only half of them match, the distance of these to 1
            must be four times smaller. Defaults to 0.88.

    Returns:
        list[NearDuplicate]: Positions with ``first < second``, most similar
        first. Only pairs of which some fold trains on one and tests on the
        other, and none of flat images.
    """
    best: Dict[Tuple[int, int], _Candidate] = {}
    for one in _search(thumbnails, train, test):
        key = (min(one.moved, one.still), max(one.moved, one.still))
        if key not in best or one.votes > best[key].votes:
            best[key] = one
    found = []
    for (first, second), one in best.items():
        values = _register(thumbnails[one.moved], thumbnails[one.still], one)
        whole, part = (_reached(values, share) for share in (WHOLE, PART))
        strict = 1 - (1 - min_correlation) / STRICTER
        if whole >= min_correlation or part >= strict:
            hidden = whole < min_correlation
            found.append(
                NearDuplicate(first, second, part if hidden else whole,
                              one.movement.mirrored, one.inverted, hidden))
    return sorted(found, key=lambda p: (-p.correlation, p[:2]))


def _search(thumbnails: np.ndarray, train: np.ndarray,
            test: np.ndarray) -> Iterator[_Candidate]:
    """Yield the separated pairs of which half of the blocks may match."""
    blocks = _block_details(thumbnails)
    # Tested images first: the rows after them need few columns.
    order = np.argsort(~test.any(1), kind='stable')
    train, test = train.astype(np.float32), test.astype(np.float32)
    for start in range(0, len(thumbnails), _ROWS):
        rows = order[start:start + _ROWS]
        apart = (train[rows] @ test.T + test[rows] @ train.T) > 0
        columns = np.flatnonzero(apart.any(0))
        apart = apart[:, columns]
        best = np.zeros(apart.shape, np.uint8)
        which = np.zeros(apart.shape, np.int16)
        still = blocks[:, columns]
        for number, movement in enumerate(MOVEMENTS):
            moved = _block_details(
                np.stack([_move(thumbnails[row], movement) for row in rows]))
            for sign, votes in _count_votes(moved, still, movement):
                better = (votes > best) & apart
                best[better] = votes[better]
                which[better] = sign * (number + 1)
        for i, j in np.argwhere(best > 0).tolist():
            yield _Candidate(
                int(rows[i]), int(columns[j]), int(best[i, j]),
                MOVEMENTS[abs(which[i, j]) - 1], bool(which[i, j] < 0))


def _count_votes(moved: np.ndarray, still: np.ndarray,
                 movement: Movement) -> Iterator[Tuple[int, np.ndarray]]:
    """Count the matching blocks of ``(16, N, 64)`` and ``(16, M, 64)``.

    The sign is -1 for negatives; numbers ``(N, M)`` uint8 too small are 0.
    """
    # Negatives are searched without rotation and scale.
    signs = (1, -1) if movement[1:3] == (0, 1) else (1, )
    shape = (moved.shape[1], still.shape[1])
    counts = {sign: np.zeros(shape, np.uint8) for sign in signs}
    for first, second in zip(moved, still):
        values = first @ second.T
        for sign in signs:
            counts[sign] += values > VOTE if sign > 0 else values < -VOTE
    # Blocks that are flat in both do not count.
    flat, other = ((~one.any(2)).astype(np.float32) for one in (moved, still))
    present = NUM_BLOCKS - flat.T @ other
    for sign, votes in counts.items():
        votes[(votes < PART * present) | (present < MIN_BLOCKS)] = 0
        yield sign, votes


def _register(moved: np.ndarray, still: np.ndarray,
              start: _Candidate) -> np.ndarray:
    """Correlate the blocks at the best movement near that of a candidate.

    Of two thumbnails ``(32, 32)``, these are the ``(K, )`` correlations of
    the blocks that are not flat in both, in descending order.
    """
    goal = _block_details(still[None])[:, 0]
    sign = -1 if start.inverted else 1
    unit = np.array([4., 0.05, 1., 1.])

    def correlate(x: Sequence[float]) -> np.ndarray:
        movement = Movement(start.movement.mirrored, *(unit * x))
        blocks = _block_details(_move(moved, movement)[None])[:, 0]
        present = blocks.any(1) | goal.any(1)
        return -np.sort(-sign * (blocks * goal).sum(1)[present])

    def loss(x: Sequence[float]) -> float:
        # More blocks than must match would draw a half hidden copy away.
        values = correlate(x)
        return -float(values[:math.ceil(PART * len(values))].mean())

    origin = np.array(start.movement[1:]) / unit
    simplex = np.vstack([origin, origin + 0.6 * np.eye(4)])
    result = minimize(
        loss,
        origin,
        method='Nelder-Mead',
        options=dict(
            initial_simplex=simplex, maxfev=80, xatol=0.02, fatol=5e-4))
    return correlate(result.x)


def _reached(values: np.ndarray, share: float) -> float:
    """Return what a share of descending values ``(K, )`` reaches."""
    if len(values) < MIN_BLOCKS:
        return -1.
    return float(values[math.ceil(share * len(values)) - 1])
