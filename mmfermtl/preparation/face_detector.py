"""Faces and their five landmarks, by the YuNet network within OpenCV."""
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

import cv2
import numpy as np

from .face_model import find_face_model
from .landmark_refinement import refine_landmarks

# The input of the network is always this square, which the weights were
# published for: OpenCV's ONNX Runtime engine accepts no other size.
CANVAS_SIDE = 640
# Sides of smaller copies of the image, and their positions on the canvas, for
# images of which the first pass is unsure: YuNet was trained on faces up to
# 300 px.
SECOND_PASS = ((320, 0, 0), (160, 352, 0), (80, 352, 192))
LARGEST_SURE_FACE = 300
SURE_SCORE = 0.8
LEAST_SCORE = 0.6
MAX_FACES = 8
# OpenCV's log level of that name.
LOG_ERRORS = 2


class DetectedFace(NamedTuple):
    """A face in an image.

    Attributes:
        box (np.ndarray): float64 of shape (4,): x, y of the top left corner,
            width, height, in pixels.
        landmarks (np.ndarray): float64 of shape (5, 2): x, y of left eye,
            right eye, nose, left and right corner of the mouth, as seen in
            the image ("left" has the smaller x in an upright face).
        score (float): Confidence in [0, 1].
    """
    box: np.ndarray
    landmarks: np.ndarray
    score: float


class FaceDetector:
    """Detect faces in photographs and video frames.

    A first pass over the whole image finds the faces; where it is unsure, or
    a face fills the image, a second pass adds smaller copies of the image.
    Then every face is detected again in four copies (two sizes, each also
    mirrored) turned upright, and the landmarks are averaged: on faces at
    random angles and sizes their scatter falls to a third.

    The same image gives the same result, whatever was detected before and
    with any number of threads. An object can be pickled, but loads its
    weights again then; best create one in each worker. A face is found
    reliably from 1/13 of the longer side of the image up to the whole image;
    smaller ones may be missed.

    Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector",
    2023; the further passes are our choice.

    Args:
        model_path (str, optional): File of the weights, see
            :func:`find_face_model`. Defaults to None.
        refine (bool): Whether to detect every face again for its landmarks;
            else an image takes half of the time. Defaults to True.

    Raises:
        FileNotFoundError: If the weights are missing.
        ValueError: If the weights have another checksum.
        RuntimeError: If OpenCV cannot run YuNet.

    Examples:
        >>> from skimage.data import astronaut
        >>> from mmfermtl.preparation import FaceDetector
        >>> image = astronaut()[..., ::-1]  # BGR
        >>> faces = FaceDetector().detect(image)
        >>> faces[0].landmarks.shape
        (5, 2)
    """

    def __init__(self,
                 model_path: Optional[str] = None,
                 refine: bool = True) -> None:
        self.model_path, weights = find_face_model(model_path)
        self.refine = refine
        self._network = self._open(weights)

    def __reduce__(self) -> tuple:
        return type(self), (self.model_path, self.refine)

    def _open(self, weights: bytes) -> 'cv2.FaceDetectorYN':
        """Load the weights from memory: those whose checksum was verified."""
        if not hasattr(cv2, 'FaceDetectorYN'):
            raise RuntimeError(f'OpenCV {cv2.__version__} has no '
                               'FaceDetectorYN; 4.11 or newer is needed')
        buffer = np.frombuffer(weights, np.uint8)
        side = (CANVAS_SIDE, CANVAS_SIDE)
        try:
            # OpenCV 5 warns of a target that was not asked for.
            with quiet_opencv(LOG_ERRORS):
                return cv2.FaceDetectorYN.create('onnx', buffer,
                                                 np.empty(0, np.uint8), side,
                                                 LEAST_SCORE, 0.3, 100)
        except (cv2.error, TypeError) as error:
            raise RuntimeError(
                f'OpenCV {cv2.__version__} cannot open {self.model_path}; '
                '4.11 or newer is needed, and the environment variable '
                'OPENCV_FORCE_DNN_ENGINE must not name the classic engine '
                f'(1). OpenCV reports: {error}') from error

    def detect(self, image: np.ndarray) -> List[DetectedFace]:
        """Detect the faces in an image.

        Args:
            image (np.ndarray): uint8, grey (H, W) or BGR (H, W, 3), of any
                size.

        Returns:
            list[DetectedFace]: At most eight, best first; none if there is
            no face.

        Raises:
            ValueError: If ``image`` has another type or shape.
        """
        image = _to_bgr(image)
        found = self._search(image, [(CANVAS_SIDE, 0, 0)])
        scale = CANVAS_SIDE / max(image.shape[:2])
        if (not found or found[0].score < SURE_SCORE
                or found[0].box[2:].max() * scale > LARGEST_SURE_FACE):
            found += self._search(image, SECOND_PASS)
            found.sort(key=lambda face: -face.score)
        kept: List[DetectedFace] = []
        for face in found:
            if all(_overlap(face.box, other.box) < 0.3 for other in kept):
                kept.append(face)
        if not self.refine:
            return kept[:MAX_FACES]
        return [
            face._replace(
                landmarks=refine_landmarks(image, face.box, face.landmarks,
                                           self._find_landmarks))
            for face in kept[:MAX_FACES]
        ]

    def _search(self, image: np.ndarray,
                places: Sequence[Tuple[int, int, int]]) -> List[DetectedFace]:
        """Detect in copies of an image (H, W, 3): side, x and y of each."""
        canvas = np.zeros((CANVAS_SIDE, CANVAS_SIDE, 3), np.uint8)
        height, width = image.shape[:2]
        copies = []
        for side, left, top in places:
            scale = side / max(height, width)
            shape = (max(round(width * scale),
                         1), max(round(height * scale), 1))
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            copy = cv2.resize(image, shape, interpolation=method)
            canvas[top:top + shape[1], left:left + shape[0]] = copy
            ratio = np.array([shape[0] / width, shape[1] / height])
            copies.append((np.array([left, top]), np.array(shape), ratio))
        found = []
        for face in self._run_network(canvas):
            middle = face.box[:2] + face.box[2:] / 2
            for start, shape, ratio in copies:
                if (middle >= start).all() and (middle < start + shape).all():
                    corner = (face.box[:2] - start) / ratio
                    box = np.concatenate([corner, face.box[2:] / ratio])
                    # Pixel centres are at integers: half a pixel is kept.
                    points = (face.landmarks - start + .5) / ratio - .5
                    found.append(DetectedFace(box, points, face.score))
        return found

    def _find_landmarks(self, canvas: np.ndarray) -> List[np.ndarray]:
        return [face.landmarks for face in self._run_network(canvas)]

    def _run_network(self, canvas: np.ndarray) -> List[DetectedFace]:
        """Detect the faces on a canvas (640, 640, 3) uint8, best first."""
        rows = self._network.detect(canvas)[1]
        rows = np.empty((0, 15)) if rows is None else rows.astype(np.float64)
        faces = [
            DetectedFace(row[:4], row[4:14].reshape(5, 2),
                         float(np.clip(row[14], 0, 1))) for row in rows
            if np.isfinite(row).all() and row[2] > 0 and row[3] > 0
        ]
        return sorted(faces, key=lambda face: -face.score)


@contextmanager
def quiet_opencv(level: int = 0) -> Iterator[None]:
    """Let OpenCV log nothing above a level within the block."""
    # OpenCV 4 has the log level at the top, OpenCV 5 in utils.
    log = cv2 if hasattr(cv2, 'setLogLevel') else cv2.utils.logging
    before = log.getLogLevel()
    log.setLogLevel(level)
    try:
        yield
    finally:
        log.setLogLevel(before)


def _to_bgr(image: np.ndarray) -> np.ndarray:
    """Check an image, and convert it to (H, W, 3) uint8."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = getattr(image, 'dtype', type(image).__name__)
        raise ValueError(f'The image is {found}; expected a uint8 array')
    grey = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1)
    if not (grey or image.ndim == 3 and image.shape[2] == 3) or not image.size:
        raise ValueError(f'The image has shape {image.shape}; expected '
                         '(H, W) or (H, W, 3), neither side zero')
    if grey:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image)


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Compute the intersection over union of two boxes (x, y, w, h)."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[:2] + first[2:], second[:2] + second[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    union = float(first[2] * first[3] + second[2] * second[3]) - shared
    return shared / union if union > 0 else 0.
