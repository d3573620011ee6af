"""How the frames of an MMI clip lie, and how to put them upright.

A geometry is a dict, as it is stored in an index: ``half`` is the half of a
dual-view frame that shows the frontal face (``'left'``, ``'right'``,
``'unknown'``) or None for the whole frame; ``rotate`` is the clockwise turn
that puts it upright, in degrees.
"""
from typing import Any, Dict, List, Optional

import numpy as np

Geometry = Dict[str, Any]

FRONTAL, PROFILE, DUAL = 0, 1, 2

#: The frame as it is stored.
AS_STORED: Geometry = dict(half=None, rotate=0)

#: Where dual-view clips show the frontal face, by subject; from public
#: loaders of the dataset.
FRONTAL_HALF: Dict[str, str] = {
    **dict.fromkeys(('S001', 'S002', 'S017'), 'right'),
    **dict.fromkeys(('S003', 'S005', 'S006', 'S015', 'S016'), 'left')
}


def documented_geometry(subject: str, view: int, width: int,
                        height: int) -> Geometry:
    """What is known of a clip before anybody has looked at it.

    Dual views stand upright and are cut in two; whose half is frontal is
    known of eight subjects. Frontal clips of 720 x 576 pixels lie on their
    side (three public loaders agree), the newer ones of 480 lines stand
    upright. This is told by the ratio of the sides: 5:4 lies, 4:3 and wider
    or a portrait format stands.

    Args:
        subject (str): Subject name.
        view (int): 0 frontal, 1 profile, 2 dual.
        width (int): Of the stored frame, in pixels.
        height (int): Likewise.

    Returns:
        dict: The geometry.
    """
    if view == DUAL:
        return dict(half=FRONTAL_HALF.get(subject, 'unknown'), rotate=0)
    stands = height == 480 or not 1 <= width / height < 1.3
    return dict(half=None, rotate=0 if stands or view == PROFILE else 90)


def candidate_geometries(first: Geometry) -> List[Geometry]:
    """All geometries, likeliest first, for a face detector to try.

    Args:
        first (dict): The documented one. With ``half='unknown'`` both halves
            come before any rotation.

    Returns:
        list[dict]: Each one once; none has an unknown half.
    """
    turns = _first_of(first['rotate'], (0, 90, 270, 180))
    if first['half'] is None:
        halves: List[Optional[str]] = [None, 'left', 'right']
    elif first['half'] == 'unknown':
        halves = ['left', 'right', None]
    else:
        halves = _first_of(first['half'], ('left', 'right', None))
    if first['half'] == 'unknown':
        return [dict(half=h, rotate=r) for r in turns for h in halves]
    return [dict(half=h, rotate=r) for h in halves for r in turns]


def _first_of(first: Any, values: tuple) -> list:
    return [first] + [value for value in values if value != first]


def upright_frame(frame: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Cut the frontal half out of a frame and turn it upright.

    Args:
        frame (np.ndarray): Stored frame, ``(H, W)`` or ``(H, W, 3)``.
        geometry (dict): See the module. An unknown half leaves both.

    Returns:
        np.ndarray: A contiguous copy.

    Raises:
        ValueError: If the geometry is none of the known ones.
    """
    half, rotate = geometry['half'], geometry['rotate']
    if half not in (None, 'unknown', 'left',
                    'right') or (rotate not in (0, 90, 180, 270)):
        raise ValueError(f'geometry half={half!r}, rotate={rotate!r}; give '
                         "None, 'unknown', 'left' or 'right', and 0, 90, 180 "
                         'or 270')
    middle = frame.shape[1] // 2
    if half == 'left':
        frame = frame[:, :middle]
    elif half == 'right':
        frame = frame[:, frame.shape[1] - middle:]
    return np.ascontiguousarray(np.rot90(frame, -rotate // 90)).copy()
