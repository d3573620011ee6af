from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import numpy as np

from ..datasets.sequence_dataset import SequenceDataset
from ..datasets.sequences import ExpressionSequence
from .alignment import alignment_transform, five_points
from .face_choice import (ChosenFace, choose_face, shipped_face,
                          whole_image_transform)
from .face_detector import DetectedFace
from .preparation_options import PreparationOptions

#: Marks frames in an index that a run with a detector should try again. It is
#: part of the format: other words would leave such frames of old trees out.
NO_DETECTOR = 'no face detector at hand'
#: Side of a face that shipped landmarks may ask for, as a multiple of the
#: longer side of the image.
_LARGEST = 4


class DetectorMissingError(ValueError):
    """The face detector is needed and cannot be built."""


class FrameFace(NamedTuple):
    """The face of a frame, and how to crop it."""

    #: ``'landmarks'``, ``'found'``, ``'cropped'``, ``'borrowed'`` or, if
    #: there is no face, ``'none'``.
    kind: str
    #: None if there is none or the whole image is taken.
    face: Optional[ChosenFace] = None
    #: ``(2, 3)`` float64, from the image to the crop; None if there is no
    #: face.
    transform: Optional[np.ndarray] = None
    #: What is doubtful about it, a few words each.
    doubts: Tuple[str, ...] = ()


class FrameFaces:
    """Find the face of a frame in the way that the options ask for.

    Args:
        options (PreparationOptions): Alignment, size and margin.
        detector_factory (Callable): Builds a detector, an object with
            ``detect(image) -> list[DetectedFace]``. Called when a detector
            is first needed, and not at all where landmarks are shipped.
    """

    def __init__(self, options: PreparationOptions,
                 detector_factory: Callable[[], Any]) -> None:
        self.options = options
        self._factory = detector_factory
        self._detector: Any = None

    @property
    def detector(self) -> Any:
        """The face detector.

        Raises:
            DetectorMissingError: If it cannot be built.
        """
        if self._detector is None:
            try:
                self._detector = self._factory()
            except (ImportError, OSError, RuntimeError, ValueError) as error:
                raise DetectorMissingError(f'{NO_DETECTOR}: {error}') from None
        return self._detector

    def find(self, dataset: SequenceDataset, sequence: ExpressionSequence,
             index: int, image: np.ndarray) -> FrameFace:
        """Find the face of a frame.

        Args:
            dataset (SequenceDataset): Reads shipped landmarks.
            sequence (ExpressionSequence): The sequence.
            index (int): 0-based number of the frame.
            image (np.ndarray): The frame, ``(H, W, 3)`` uint8 BGR.

        Returns:
            FrameFace: Of kind ``'none'`` if there is no face.

        Raises:
            DetectorMissingError: If a detector is needed and missing.
        """
        if self.options.align == 'none':
            return FrameFace(
                'cropped', None,
                whole_image_transform(image.shape, self.options.size))
        doubts: List[str] = []
        if self.options.align == 'auto':
            try:
                shipped = self._shipped(dataset, sequence, index, image.shape)
                if shipped is not None:
                    return shipped
            except ValueError as error:
                doubts = [f'landmarks not usable: {error}']
        try:
            faces = self.detector.detect(image)
        except DetectorMissingError as error:
            raise DetectorMissingError('; '.join([*doubts,
                                                  str(error)])) from None
        faces = [face for face in faces if self._is_usable(face)]
        if not faces:
            return FrameFace('none', doubts=tuple(doubts))
        face = choose_face(faces, image.shape)
        return FrameFace('found', face, self._transform(face), tuple(doubts))

    def _shipped(self, dataset: SequenceDataset, sequence: ExpressionSequence,
                 index: int, shape: Tuple[int, ...]) -> Optional[FrameFace]:
        """Return the face by the landmarks of the distribution, if any."""
        points = dataset.read_landmarks(sequence, index)
        if points is None:
            return None
        try:
            face = shipped_face(points, five_points(points))
            transform = self._transform(face)
            side = self.options.size / np.hypot(*transform[0, :2])
            if side > _LARGEST * max(shape):
                raise ValueError(f'the face is {side:.3g} pixels wide in an '
                                 f'image of {shape[1]} x {shape[0]}')
            return FrameFace('landmarks', face, transform)
        except ValueError as error:
            raise ValueError(f'{sequence.frames[index].landmarks}: {error}; '
                             'copy it again from the distribution') from None

    def _is_usable(self, face: DetectedFace) -> bool:
        """Whether its landmarks allow an alignment."""
        try:
            self._transform(choose_face([face], (1, 1)))
        except ValueError:
            return False
        return True

    def _transform(self, face: ChosenFace) -> np.ndarray:
        return alignment_transform(face.landmarks, self.options.size,
                                   self.options.margin)
