"""Put the frames of an MMI clip upright.

A geometry is a dict, as it is stored in an index: ``half`` is the half of a
dual-view frame that shows the frontal face (``'left'``, ``'right'``,
``'unknown'``) or None for the whole frame; ``rotate`` is the clockwise
rotation that puts it upright, in degrees.
"""
from typing import Any, Dict, List

import numpy as np

Geometry = Dict[str, Any]

#: Views of the camera, as :file:`session.xml` numbers them.
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
    """Derive the geometry of a clip from its view and format.

    Dual views are upright and are cut in two; which half is frontal is known
    for eight subjects. Frontal clips of 720 x 576 pixels are rotated (three
    public loaders agree), the newer ones of 480 lines are upright. The ratio
    of the sides decides: 5:4 is rotated; 4:3 and wider, or a portrait format,
    is upright.
    """
    if view == DUAL:
        return dict(half=FRONTAL_HALF.get(subject, 'unknown'), rotate=0)
    upright = height == 480 or not 1 <= width / height < 1.3
    return dict(half=None, rotate=0 if upright or view == PROFILE else 90)


def candidate_geometries(first: Geometry) -> List[Geometry]:
    """List all geometries, likeliest first, for a face detector to try.

    Args:
        first (dict): The documented one. With ``half='unknown'`` both halves
            come before any rotation.

    Returns:
        list[dict]: Each one once; none has an unknown half.
    """
    # Sorting is stable: the first one comes first, the others stay in order.
    halves = sorted(('left', 'right', None), key=lambda h: h != first['half'])
    turns = sorted((0, 90, 270, 180), key=lambda r: r != first['rotate'])
    if first['half'] == 'unknown':
        return [dict(half=h, rotate=r) for r in turns for h in halves]
    return [dict(half=h, rotate=r) for h in halves for r in turns]


def upright_frame(frame: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Cut the frontal half out of a frame and turn it upright.

    Args:
        frame (np.ndarray): Stored frame, ``(H, W)`` or ``(H, W, C)``.
        geometry (dict): See the module. An unknown half keeps both.

    Returns:
        np.ndarray: A contiguous copy, ``(H', W')`` or ``(H', W', C)``, of the
        same type.
    """
    half, rotate = geometry['half'], geometry['rotate']
    middle = frame.shape[1] // 2
    if half == 'left':
        frame = frame[:, :middle]
    elif half == 'right':
        frame = frame[:, frame.shape[1] - middle:]
    return np.ascontiguousarray(np.rot90(frame, -rotate // 90)).copy()
