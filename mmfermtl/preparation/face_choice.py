"""Choose the face of a frame, and describe its crop."""
from typing import NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .face_detector import DetectedFace


class ChosenFace(NamedTuple):
    """The face of a frame.

    Points and boxes are rounded to a thousandth of a pixel: the transform of
    a crop can be computed again from the index.
    """

    #: x, y, width, height in pixels.
    box: Tuple[float, ...]
    #: ``(5, 2)`` float64: eyes, nose, corners of the mouth.
    landmarks: np.ndarray
    #: Of the detector, in [0, 1]; None if it was not used.
    score: Optional[float]
    #: Number of faces that are large enough to be the subject's.
    num_faces: int


def choose_face(faces: Sequence[DetectedFace],
                shape: Tuple[int, ...]) -> ChosenFace:
    """Choose the largest and most central face of an image ``(H, W, ...)``.

    Others count in ``num_faces`` if their sides are at least half as long:
    smaller ones are in the background or no faces.
    """
    middle = np.array([shape[1], shape[0]]) / 2

    def weight(face: DetectedFace) -> float:
        x, y, width, height = face.box
        centre = np.array([x + width / 2, y + height / 2])
        distance = np.linalg.norm(centre - middle) / np.linalg.norm(middle)
        return float(width * height * max(1 - distance, 0.01))

    best = max(faces, key=weight)
    area = best.box[2] * best.box[3]
    rivals = sum(bool(f.box[2] * f.box[3] >= area / 4) for f in faces)
    return ChosenFace(
        _rounded(best.box), np.round(np.asarray(best.landmarks, float), 3),
        round(float(best.score), 4), rivals)


def shipped_face(points: np.ndarray, five: np.ndarray) -> ChosenFace:
    """Describe the face of shipped landmarks ``(N, 2)`` and ``(5, 2)``."""
    low, high = points.min(axis=0), points.max(axis=0)
    return ChosenFace(
        _rounded((*low, *(high - low))), np.round(five, 3), None, 1)


def _rounded(values: Sequence[float]) -> Tuple[float, ...]:
    return tuple(round(float(value), 3) for value in values)


def whole_image_transform(shape: Tuple[int, ...], size: int) -> np.ndarray:
    """Compute the ``(2, 3)`` transform of an image into a square's middle.

    The longer side of the image fills the square.
    """
    height, width = shape[:2]
    scale = size / max(height, width)
    shift = (size - scale * np.array([width, height])) / 2
    # Pixel centres are at integers, so the corner of an image is at -0.5.
    shift += 0.5 * scale - 0.5
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])


def share_outside(transform: np.ndarray, shape: Tuple[int, ...],
                  size: int) -> float:
    """Compute the share, in [0, 1], of a crop that is outside the image.

    Args:
        transform (np.ndarray): ``(2, 3)``, from the image to the crop.
        shape (tuple[int]): Height and width of the image.
        size (int): Side of the crop.
    """
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1)
    inverse = np.linalg.inv(transform[:, :2])
    points = (grid.reshape(-1, 2) - transform[:, 2]) @ inverse.T
    inside = ((points >= -0.5) &
              (points <= np.array([shape[1], shape[0]]) - 0.5)).all(axis=1)
    return round(float(1 - inside.mean()), 3)
