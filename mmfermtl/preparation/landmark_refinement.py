"""Landmarks of a face as the mean over several upright copies of it."""
import math
from typing import Callable, List

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


def refine_landmarks(
        image: np.ndarray, box: np.ndarray, landmarks: np.ndarray,
        detect: Callable[[np.ndarray], List[np.ndarray]]) -> np.ndarray:
    """Detect a face again in four copies, and average the landmarks.

    The copies are turned upright, at two sizes, each also mirrored.

    Args:
        image (np.ndarray): uint8 of shape (H, W, 3).
        box (np.ndarray): x, y, width, height of the face, of shape (4,).
        landmarks (np.ndarray): Its five points, of shape (5, 2).
        detect (Callable): Returns the landmarks, of shape (5, 2) each, of the
            faces on a canvas of shape (640, 640, 3), best first.

    Returns:
        np.ndarray: float64 of shape (5, 2); ``landmarks`` if the face is
        found in no copy.
    """
    across = landmarks[1] - landmarks[0]
    angle = math.atan2(across[1], across[0])
    side = math.sqrt(float(box[2] * box[3]))
    canvas = np.zeros((2 * TILE_SIDE, 2 * TILE_SIDE, 3), np.uint8)
    tiles = []
    for row, face_side in enumerate(FACE_SIDES):
        for column, mirrored in enumerate((False, True)):
            transform = _tile_transform(
                landmarks.mean(axis=0), angle, face_side / side, mirrored)
            left, top = column * TILE_SIDE, row * TILE_SIDE
            canvas[top:top + TILE_SIDE,
                   left:left + TILE_SIDE] = warp_face(image, transform,
                                                      TILE_SIDE,
                                                      cv2.BORDER_CONSTANT)
            tiles.append((transform, np.array([left, top]), mirrored))
    found = detect(canvas)
    answers = []
    for transform, corner, mirrored in tiles:
        middle = corner + (TILE_SIDE - 1) / 2
        own = [
            points for points in found
            if np.abs(points.mean(axis=0) - middle).max() < OWN_FACE
        ]
        if own:
            points = own[0] - corner
            if mirrored:
                points = points[MIRRORED_ORDER]
            back = cv2.invertAffineTransform(transform)
            answers.append(transform_points(points, back))
    return np.mean(answers, axis=0) if answers else landmarks


def _tile_transform(centre: np.ndarray, angle: float, scale: float,
                    mirrored: bool) -> np.ndarray:
    """Compute (2, 3): rotate by ``-angle`` about ``centre``, scale, mirror."""
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    if mirrored:
        linear[0] *= -1
    shift = (TILE_SIDE - 1) / 2 - linear @ centre
    return np.concatenate([linear, shift[:, None]], axis=1)
