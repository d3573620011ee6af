"""A network and a detector of a few lines, and pictures for them.

A face is a bright square; the network reads its brightness.
"""
from typing import Any, List, Sequence, Tuple

import cv2
import numpy as np

from mmfermtl.inference.backend import Backend, DecodedFaces
from mmfermtl.inference.face_finding import FaceFinder
from mmfermtl.inference.face_reader import FaceReader
from mmfermtl.preparation import DetectedFace

SIZE = 16
CLASSES = ['anger', 'happiness', 'surprise']


class FakeBackend(Backend):
    """Reads anger in dark faces, surprise in light ones."""

    name = 'fake'
    classes = CLASSES
    image_size = (SIZE, SIZE)
    can_edit = True

    def __init__(self) -> None:
        #: Numbers of faces that were read at once.
        self.batches: List[int] = []

    def predict(self, faces: np.ndarray) -> np.ndarray:
        self.batches.append(len(faces))
        light = faces[:, 6:10, 6:10].mean(axis=(1, 2)) / 255
        centres = np.array([0.5, 0.75, 1.])
        return -40 * np.abs(light[:, None] - centres).astype(np.float32)

    def encode(self, faces: np.ndarray) -> Any:
        return faces

    def decode(self, features: Any, targets: np.ndarray) -> DecodedFaces:
        """Darken by the weight of anger."""
        change = 60 * targets[:, 0, None, None]
        return DecodedFaces(
            np.clip(features - change, 0, 255).astype(np.uint8))


class FakeDetector:
    """Finds squares that are lighter than 100, largest first."""

    def __init__(self, refine: bool = True) -> None:
        self.refine = refine

    def detect(self, image: np.ndarray) -> List[DetectedFace]:
        grey = image if image.ndim == 2 else image.max(axis=2)
        stats = cv2.connectedComponentsWithStats(
            (grey > 100).astype(np.uint8))[2][1:]
        faces = []
        for x, y, width, height, area in sorted(
                stats.tolist(), key=lambda s: -s[4]):
            if area < 60:
                continue
            shares = np.array([[.3, .4], [.7, .4], [.5, .6], [.35, .8],
                               [.65, .8]])
            points = np.array([x, y]) + shares * [width, height] - 0.5
            box = np.array([x, y, width, height], np.float64)
            faces.append(DetectedFace(box, points, 0.9))
        return faces


def picture(
    *faces: Tuple[int, int, int, int], size: Sequence[int] = (200, 240)
) -> np.ndarray:
    """Draw squares (x, y, side, brightness) on a dark ground, BGR."""
    image = np.full((*size, 3), 20, np.uint8)
    for x, y, side, light in faces:
        image[y:y + side, x:x + side] = light
    return image


def fake_reader(faces: Any = 'detect', **kwargs: Any) -> FaceReader:
    """Build a reader of the fake network and detector."""
    finder = FaceFinder(SIZE, faces, detector=FakeDetector)
    return FaceReader(FakeBackend(), finder, **kwargs)
