"""Find images that are copies of one another, whatever was done to the file.

Aligned faces of 48 px are alike as wholes: over small movements the best
correlation of two subjects reaches that of a copy with a hidden part. What
tells them apart is the fine structure of small blocks. A search over
movements counts the blocks that correlate, and the few pairs with enough of
them are registered and decided by the correlation of their blocks.
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
#: Pictures with fewer blocks that are not flat show too little to compare.
MIN_BLOCKS = 6
#: A block that correlates so much at a movement of the search may match.
VOTE = 0.7
#: Shares of the blocks: of a whole copy, and of one with a hidden part,
#: which must then match this many times better.
WHOLE, PART, STRICTER = 0.75, 0.5, 4
#: So few rows at a time that their products stay in the cache.
_ROWS = 32


class Movement(NamedTuple):
    """How a thumbnail is moved onto another."""

    mirrored: bool
    #: Degrees, counter-clockwise.
    angle: float
    scale: float
    #: Pixels of a thumbnail.
    x: float
    y: float


class NearDuplicate(NamedTuple):
    """Two images that show the same picture."""

    first: int
    second: int
    #: Correlation that three quarters of the blocks reach, in [-1, 1]; half
    #: of them if a part is hidden.
    correlation: float
    #: Whether one is the other one's mirror image.
    mirrored: bool
    #: Whether one is the other one's negative.
    inverted: bool
    #: Whether only a part of the pictures is the same.
    part: bool


class _Candidate(NamedTuple):
    """A pair that the search proposes; ``moved`` is moved onto ``still``."""

    moved: int
    still: int
    votes: int
    movement: Movement
    inverted: bool


def _movements() -> List[Movement]:
    """Movements of the search: turns, crops and shifts, also combined.

    Either image of a pair is moved onto the other, so that of two inverse
    movements one will do.
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


MOVEMENTS = _movements()


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


def _light_basis() -> np.ndarray:
    """Orthonormal ``(64, 6)``: surfaces of second degree over a block."""
    line = np.linspace(-1, 1, BLOCK_SIDE)
    y, x = (axis.ravel() for axis in np.meshgrid(line, line, indexing='ij'))
    surfaces = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1)
    return np.linalg.qr(surfaces)[0].astype(np.float32)


_LIGHT = _light_basis()


def block_details(thumbnails: np.ndarray) -> np.ndarray:
    """What remains of each block without its light.

    A surface of second degree is taken off block by block, so that what
    hides one block does not reach into its neighbours.

    Args:
        thumbnails (np.ndarray): ``(N, 32, 32)`` float32.

    Returns:
        np.ndarray: ``(16, N, 64)`` float32; rows of length 1, or 0 where a
        block is flat.
    """
    side = THUMBNAIL_SIDE // BLOCK_SIDE
    grid = thumbnails.reshape(-1, side, BLOCK_SIDE, side, BLOCK_SIDE)
    blocks = grid.transpose(1, 3, 0, 2, 4).reshape(NUM_BLOCKS, -1,
                                                   BLOCK_SIDE**2)
    blocks = blocks - (blocks @ _LIGHT) @ _LIGHT.T
    length = np.linalg.norm(blocks, axis=2, keepdims=True)
    return np.where(length > FLAT * BLOCK_SIDE,
                    blocks / np.maximum(length, 1e-6), 0).astype(np.float32)


def move(thumbnail: np.ndarray, movement: Movement) -> np.ndarray:
    """Apply a movement to a thumbnail, the border repeated."""
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
    """Find pairs that a fold separates although they are one picture.

    Found are copies that were saved again, scaled, made brighter, moved,
    turned, cut, mirrored, inverted or partly hidden; whole frames of one
    studio are alike whoever sits there, so that this is for face crops.

    The default was measured on CK+48: of 476,397 pairs of different subjects
    none is flagged (the best have 0.74 and, in half of the blocks, 0.89), of
    3,312 pairs of other sequences of one subject 45. Of 60 copies each, all
    were found when moved by 3 px of 48, cut by 4 px on each side, turned by 8
    degrees, inverted, mirrored, or hidden by a square of 24 px; 59 with the
    lower half hidden, 52 when halved, 34 to 47 when turned over black corners.

    Time grows with the square of the number of images, half a minute for
    1,000 on one core; memory does not.

    Args:
        thumbnails (np.ndarray): ``(N, 32, 32)`` float32.
        train (np.ndarray): ``(N, F)`` bool: whether an image is trained on
            in each fold.
        test (np.ndarray): ``(N, F)`` bool: whether it is tested on.
        min_correlation (float): What three quarters of the blocks must
            reach. If only half of them match, they must lack a quarter of
            what this lacks to 1. Defaults to 0.88.

    Returns:
        list[NearDuplicate]: Positions with ``first < second``, most alike
        first. Only pairs of which some fold trains on one and tests on the
        other. Flat images, which show nothing, are in none.
    """
    blocks = block_details(thumbnails)
    best: Dict[Tuple[int, int], _Candidate] = {}
    for one in _propose(thumbnails, blocks, train, test):
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


def _propose(thumbnails: np.ndarray, blocks: np.ndarray, train: np.ndarray,
             test: np.ndarray) -> Iterator[_Candidate]:
    """Yield the separated pairs of which half of the blocks may match."""
    # Those tested first: the others then need few columns.
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
            moved = block_details(
                np.stack([move(thumbnails[row], movement) for row in rows]))
            for sign, votes in _votes(moved, still, movement):
                better = (votes > best) & apart
                best[better] = votes[better]
                which[better] = sign * (number + 1)
        for i, j in np.argwhere(best > 0).tolist():
            yield _Candidate(
                int(rows[i]), int(columns[j]), int(best[i, j]),
                MOVEMENTS[abs(which[i, j]) - 1], bool(which[i, j] < 0))


def _votes(moved: np.ndarray, still: np.ndarray,
           movement: Movement) -> Iterator[Tuple[int, np.ndarray]]:
    """Yield sign and number of matching blocks; 0 where they are too few."""
    # Negatives are looked for where nothing else was done.
    signs = (1, -1) if movement[1:3] == (0, 1) else (1, )
    shape = (moved.shape[1], still.shape[1])
    counts = {sign: np.zeros(shape, np.uint8) for sign in signs}
    for first, second in zip(moved, still):
        values = first @ second.T
        for sign in signs:
            counts[sign] += values > VOTE if sign > 0 else values < -VOTE
    # Blocks that are flat in both say nothing.
    flat, other = ((~one.any(2)).astype(np.float32) for one in (moved, still))
    present = NUM_BLOCKS - flat.T @ other
    for sign, votes in counts.items():
        votes[(votes < PART * present) | (present < MIN_BLOCKS)] = 0
        yield sign, votes


def _register(moved: np.ndarray, still: np.ndarray,
              start: _Candidate) -> np.ndarray:
    """Correlations of the blocks at the best movement near a candidate's.

    Args:
        moved (np.ndarray): ``(32, 32)`` float32.
        still (np.ndarray): Likewise.
        start (_Candidate): Where to begin.

    Returns:
        np.ndarray: Descending, of the blocks that are not flat in both.
    """
    goal, sign = block_details(still[None])[:, 0], -1 if start.inverted else 1
    unit = np.array([4., 0.05, 1., 1.])

    def correlate(x: Sequence[float]) -> np.ndarray:
        movement = Movement(start.movement.mirrored, *(unit * x))
        blocks = block_details(move(moved, movement)[None])[:, 0]
        present = blocks.any(1) | goal.any(1)
        return -np.sort(-sign * (blocks * goal).sum(1)[present])

    def lack(x: Sequence[float]) -> float:
        # More blocks than must match would draw a half hidden copy away.
        values = correlate(x)
        return -float(values[:math.ceil(PART * len(values))].mean())

    origin = np.array(start.movement[1:]) / unit
    simplex = np.vstack([origin, origin + 0.6 * np.eye(4)])
    result = minimize(
        lack,
        origin,
        method='Nelder-Mead',
        options=dict(
            initial_simplex=simplex, maxfev=80, xatol=0.02, fatol=5e-4))
    return correlate(result.x)


def _reached(values: np.ndarray, share: float) -> float:
    """What a share of descending values reaches."""
    if len(values) < MIN_BLOCKS:
        return -1.
    return float(values[math.ceil(share * len(values)) - 1])
