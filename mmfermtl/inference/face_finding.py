"""Find the faces of a picture, and cut them out as the network wants them."""
from dataclasses import dataclass
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Union

import cv2
import numpy as np

from ..preparation import FaceDetector, alignment_transform, warp_face
from ..preparation.alignment import EYE_DISTANCE, EYE_LINE
from ..preparation.face_choice import whole_image_transform
from ..utils.errors import UserError
from ..utils.face_size import resize_face

#: A picture whose longer side is at most this is taken for a crop of a face.
LARGEST_CROP = 128
#: Pixels beyond which no box of a picture is.
MAX_PLACE = 1e6
READ_WHOLE = 'no face detected, so this small picture was read whole'
BOX_ONLY = 'not aligned'
#: ``'detect'``, ``'whole'``, or boxes ``(K, 4)``: x1, y1, x2, y2.
Faces = Union[str, Sequence[Sequence[float]], np.ndarray]


class CropGeometry(NamedTuple):
    """Where the eyes are in a crop, in shares of its side."""

    #: Between the eyes.
    eye_distance: float
    #: From the upper border to the eyes.
    eye_line: float


#: The pictures that networks are trained on. Those of FER+ are medians over
#: its test images; those of the preparation have a margin of 0.1.
GEOMETRIES = dict(
    ferplus=CropGeometry(0.369, 0.374),
    prepared=CropGeometry(EYE_DISTANCE / 1.2, (EYE_LINE + 0.1) / 1.2))


@dataclass
class FoundFace:
    """A face of a picture."""

    #: float64 ``(4, )``: x1, y1, x2, y2 in pixels of the picture.
    box: np.ndarray
    #: Of the detector, in [0, 1]; None if it was not used.
    score: Optional[float]
    #: float64 ``(5, 2)``: eyes, nose, corners of the mouth; or None.
    landmarks: Optional[np.ndarray]
    #: float64 ``(2, 3)``, from pixels of the picture to those of the crop.
    transform: np.ndarray
    #: uint8 ``(size, size)``, grey.
    crop: np.ndarray
    #: What is doubtful about it; empty if nothing.
    note: str = ''


class FaceFinder:
    """Find faces, and cut them out in the geometry of the training.

    Args:
        size (int): Side of the crops in pixels.
        faces (str | Sequence): ``'detect'``; ``'whole'``, where a picture is
            a face; or boxes ``(K, 4)`` of x1, y1, x2, y2 in pixels, which
            are not aligned. Defaults to ``'detect'``.
        geometry (str): A name of :data:`GEOMETRIES`. Defaults to
            ``'ferplus'``.
        detector (Callable): Builds a detector with ``detect(image)``; called
            when one is first needed. Defaults to
            :class:`~mmfermtl.preparation.FaceDetector`.

    Raises:
        UserError: If an option is wrong.
    """

    def __init__(self,
                 size: int,
                 faces: Faces = 'detect',
                 geometry: str = 'ferplus',
                 detector: Callable[[], Any] = FaceDetector) -> None:
        if geometry not in GEOMETRIES:
            raise UserError(f'crop {geometry!r}: expected one of '
                            f'{", ".join(GEOMETRIES)}')
        self.size = size
        self.geometry = GEOMETRIES[geometry]
        self.boxes = check_boxes(faces)
        self.mode = faces if isinstance(faces, str) else 'boxes'
        self._build_detector = detector
        self._detector: Any = None

    def prepare(self) -> None:
        """Build the detector now, if it will be needed.

        Raises:
            FileNotFoundError: If its weights are missing; the message
                describes how to get them.
        """
        if self.mode == 'detect' and self._detector is None:
            self._detector = self._build_detector()

    def find(self, image: np.ndarray) -> List[FoundFace]:
        """Find the faces of a picture.

        Args:
            image (np.ndarray): ``(H, W)`` or ``(H, W, 3)`` BGR, uint8.

        Returns:
            list[FoundFace]: Best first; none if there is no face.

        Raises:
            FileNotFoundError: If the detector is needed and its weights are
                missing; the message describes how to get them.
            UserError: If a box does not overlap the picture.
        """
        grey = to_grey(image)
        if self.mode == 'whole':
            return [self._whole(grey)]
        if self.boxes is not None:
            return [self._by_box(grey, box) for box in self.boxes]
        self.prepare()
        found = []
        for face in self._detector.detect(image):
            box = np.concatenate([face.box[:2], face.box[:2] + face.box[2:]])
            try:
                found.append(self._aligned(grey, box, face))
            except ValueError:  # landmarks of a profile or of no face
                if _overlaps(box, grey.shape):
                    found.append(self._by_box(grey, box, face.score))
        if not found and max(grey.shape) <= LARGEST_CROP:
            return [self._whole(grey, READ_WHOLE)]
        return found

    def _aligned(self, grey: np.ndarray, box: np.ndarray,
                 face: Any) -> FoundFace:
        """Cut out a face by its eyes."""
        margin = (EYE_DISTANCE / self.geometry.eye_distance - 1) / 2
        transform = alignment_transform(face.landmarks, self.size, margin)
        line = (EYE_LINE + margin) / (1 + 2 * margin)
        transform[1, 2] += (self.geometry.eye_line - line) * self.size
        crop = warp_face(grey, transform, self.size)
        return FoundFace(box, float(face.score), face.landmarks, transform,
                         crop)

    def _by_box(self,
                grey: np.ndarray,
                box: np.ndarray,
                score: Optional[float] = None) -> FoundFace:
        """Cut out the square around the middle of a box."""
        if not _overlaps(box, grey.shape):
            raise UserError(
                f'box {box.tolist()}: outside of the picture of '
                f'{grey.shape[1]} x {grey.shape[0]} pixels; expected x1, y1, '
                'x2, y2 in it')
        side = float((box[2:] - box[:2]).max())
        scale = self.size / side
        corner = (box[:2] + box[2:] - side) / 2
        # Pixel centres are at integers.
        shift = (0.5 - corner) * scale - 0.5
        transform = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        crop = warp_face(grey, transform, self.size)
        return FoundFace(box, score, None, transform, crop, BOX_ONLY)

    def _whole(self, grey: np.ndarray, note: str = '') -> FoundFace:
        """Take the whole picture; of the longer side the middle."""
        height, width = grey.shape
        scale = self.size / min(height, width)
        transform = whole_image_transform(grey.shape, self.size)
        transform *= scale / transform[0, 0]
        middle = (np.array([width, height]) - 1) / 2
        transform[:, 2] = (self.size - 1) / 2 - scale * middle
        crop = grey
        if grey.shape != (self.size, self.size):
            crop = resize_face(grey, self.size, self.size)
        box = np.array([0., 0., width, height])
        return FoundFace(box, None, None, transform, crop, note)


def to_grey(image: np.ndarray) -> np.ndarray:
    """Turn an image ``(H, W)`` or ``(H, W, 3)`` BGR grey, ``(H, W)``."""
    if image.ndim == 2:
        return image
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


def check_boxes(faces: Faces) -> Optional[np.ndarray]:
    """Read boxes as float64 ``(K, 4)``; None for ``'detect'``, ``'whole'``."""
    if isinstance(faces, str):
        if faces not in ('detect', 'whole'):
            raise UserError(f"faces={faces!r}: expected 'detect', 'whole' or "
                            'boxes of x1, y1, x2, y2')
        return None
    try:
        boxes = np.asarray(faces, np.float64)
    except (TypeError, ValueError):
        boxes = np.empty(0)
    if boxes.shape == (4, ):
        boxes = boxes[None]
    if boxes.ndim != 2 or boxes.shape[1:] != (4, ) or not len(boxes):
        raise UserError(f'faces={faces!r:.80}: expected boxes of four '
                        'numbers each, x1, y1, x2, y2')
    sizes = boxes[:, 2:] - boxes[:, :2]
    # NaN is neither small nor large.
    if not (np.abs(boxes) < MAX_PLACE).all() or (sizes < 1).any():
        raise UserError(f'faces={faces!r:.80}: expected boxes of finite '
                        f'numbers below {MAX_PLACE:.0e}, x2 above x1 and y2 '
                        'above y1')
    return boxes


def _overlaps(box: np.ndarray, shape: Sequence[int]) -> bool:
    """Whether a box shares at least a pixel with a picture."""
    low = np.maximum(box[:2], 0)
    high = np.minimum(box[2:], [shape[1], shape[0]])
    return bool((high - low >= 1).all())
