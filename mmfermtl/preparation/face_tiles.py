"""Upright copies of a face, in which its landmarks are detected again."""
import math
from typing import List, NamedTuple, Optional, Sequence

import cv2
import numpy as np

from .alignment import transform_points, warp_face

TILE_SIDE = 320
# Sides of the face in the copies, chosen by measurement: larger ones are more
# exact, as long as the whole face is in the tile.
FACE_SIDES = (240., 290.)
MIRRORED_ORDER = [1, 0, 2, 4, 3]
# Largest distance of a face from the middle of its own tile.
OWN_FACE = 0.2 * TILE_SIDE


class FaceTile(NamedTuple):
    """A copy of a face and its position on the canvas.

    Attributes:
        image (np.ndarray): uint8 of shape (320, 320, 3).
        transform (np.ndarray): float64 (2, 3), from the image to the tile.
        left (int): First column on the canvas.
        top (int): First row on the canvas.
        mirrored (bool): Whether left and right are swapped.
    """
    image: np.ndarray
    transform: np.ndarray
    left: int
    top: int
    mirrored: bool


def _tile_transform(centre: np.ndarray, angle: float, scale: float,
                    mirrored: bool) -> np.ndarray:
    """Compute (2, 3): rotate by ``-angle`` about ``centre``, scale, mirror."""
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    if mirrored:
        linear[0] *= -1
    shift = (TILE_SIDE - 1) / 2 - linear @ centre
    return np.concatenate([linear, shift[:, None]], axis=1)


def face_tiles(image: np.ndarray, box: np.ndarray,
               landmarks: np.ndarray) -> List[FaceTile]:
    """Copy a face upright, at two sizes, each also mirrored.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3).
        box (np.ndarray): x, y, width, height of the face, of shape (4,).
        landmarks (np.ndarray): Its five points, of shape (5, 2).

    Returns:
        list[FaceTile]: Four tiles, which fill a canvas of 640 x 640.
    """
    across = landmarks[1] - landmarks[0]
    angle = math.atan2(across[1], across[0])
    side = math.sqrt(float(box[2] * box[3]))
    tiles = []
    for row, face_side in enumerate(FACE_SIDES):
        for column, mirrored in enumerate((False, True)):
            transform = _tile_transform(
                landmarks.mean(axis=0), angle, face_side / side, mirrored)
            copy = warp_face(image, transform, TILE_SIDE, cv2.BORDER_CONSTANT)
            tiles.append(
                FaceTile(copy, transform, column * TILE_SIDE, row * TILE_SIDE,
                         mirrored))
    return tiles


def mean_landmarks(tiles: Sequence[FaceTile],
                   found: Sequence[np.ndarray]) -> Optional[np.ndarray]:
    """Average the landmarks that were found in the tiles.

    Args:
        tiles (Sequence[FaceTile]): From :func:`face_tiles`.
        found (Sequence[np.ndarray]): Landmarks of shape (5, 2) each, in the
            coordinates of the canvas, best first.

    Returns:
        np.ndarray or None: Landmarks of shape (5, 2) in the coordinates of
        the image; None if no tile shows its face.
    """
    answers = []
    for tile in tiles:
        middle = np.array([tile.left, tile.top]) + (TILE_SIDE - 1) / 2
        own = [
            points for points in found
            if np.abs(points.mean(axis=0) - middle).max() < OWN_FACE
        ]
        if not own:
            continue
        points = own[0] - (tile.left, tile.top)
        if tile.mirrored:
            points = points[MIRRORED_ORDER]
        back = cv2.invertAffineTransform(tile.transform)
        answers.append(transform_points(points, back))
    return np.mean(answers, axis=0) if answers else None
