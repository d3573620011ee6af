"""Read the expressions of the faces in pictures."""
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..utils.errors import UserError
from .backend import Backend
from .face_finding import FaceFinder, FoundFace


@dataclass
class FaceReading:
    """The expression of a face."""

    face: FoundFace
    #: Names in label order.
    classes: List[str]
    #: Probabilities ``(E, )`` float64, balanced ones if asked for.
    scores: np.ndarray
    #: The expressions that are possible at the coverage; None if the network
    #: is not calibrated.
    label_set: Optional[List[str]] = None
    #: Number of the track in a film; None elsewhere.
    track: Optional[int] = None

    @property
    def label(self) -> int:
        """int: The most probable class."""
        return int(self.scores.argmax())

    @property
    def name(self) -> str:
        """str: Name of the most probable class."""
        return self.classes[self.label]

    @property
    def score(self) -> float:
        """float: Probability of the most probable class."""
        return float(self.scores[self.label])

    @property
    def abstained(self) -> Optional[bool]:
        """bool, optional: Whether more than one expression is possible."""
        return None if self.label_set is None else len(self.label_set) != 1

    def to_dict(self) -> Dict[str, Any]:
        """Return what JSON can hold, under the names of OpenMMLab."""
        face = self.face
        return dict(
            bbox=[round(float(v), 2) for v in face.box],
            bbox_score=face.score,
            landmarks=None if face.landmarks is None else np.round(
                face.landmarks, 2).tolist(),
            pred_scores=[round(float(v), 6) for v in self.scores],
            pred_label=self.label,
            pred_score=round(self.score, 6),
            pred_class=self.name,
            pred_set=self.label_set,
            abstained=self.abstained,
            calibrated=self.label_set is not None,
            track_id=self.track,
            note=face.note)


class FaceReader:
    """Find faces and classify them.

    Args:
        backend (Backend): The network.
        finder (FaceFinder): Finds the faces.
        coverage (float): How often the set of possible expressions should
            hold the right one, for a calibrated network. Defaults to 0.9.
        batch_size (int): Faces that are classified at once. Defaults to 32.
        balanced (bool): Whether to correct the probabilities for how often
            each expression was trained on, see
            :meth:`~mmfermtl.inference.calibrated_scores.Calibration.balance`.
            Defaults to False.

    Raises:
        UserError: If the network was not calibrated for the coverage, or for
            balanced probabilities.
    """

    def __init__(self,
                 backend: Backend,
                 finder: FaceFinder,
                 coverage: float = 0.9,
                 batch_size: int = 32,
                 balanced: bool = False) -> None:
        if batch_size < 1:
            raise UserError(f'batch size {batch_size}: expected at least 1')
        if not 0 < coverage < 1:
            raise UserError(f'coverage {coverage}: expected a share between '
                            '0 and 1, such as 0.9')
        self.backend = backend
        self.finder = finder
        self.coverage = coverage
        self.batch_size = batch_size
        self.balanced = balanced
        self.calibration = load_calibration(backend)
        if balanced and self.calibration is None:
            raise UserError(f'{backend.name} is not calibrated, so that '
                            'nothing can be balanced; calibrate it with '
                            'tools/calibrate.py')
        if self.calibration is not None:
            uniform = np.full((1, len(backend.classes)),
                              1 / len(backend.classes))
            try:
                self.calibration.sets(uniform, coverage)
                if balanced:
                    self.calibration.balance(uniform)
            except ValueError as error:
                raise UserError(str(error)) from None

    def read(self, images: Sequence[np.ndarray]) -> List[List[FaceReading]]:
        """Read the faces of pictures.

        Args:
            images (Sequence[np.ndarray]): ``(H, W)`` or ``(H, W, 3)`` BGR,
                uint8, of any sizes.

        Returns:
            list[list[FaceReading]]: For each picture its faces, best first.
        """
        return self.read_found([self.finder.find(image) for image in images])

    def read_found(
            self, found: Sequence[List[FoundFace]]) -> List[List[FaceReading]]:
        """Read faces that are found already, picture by picture."""
        faces = [face for group in found for face in group]
        readings: List[FaceReading] = []
        for start in range(0, len(faces), self.batch_size):
            batch = faces[start:start + self.batch_size]
            logits = self.backend.predict(
                np.stack([face.crop for face in batch]))
            readings += [
                self.reading(face, scores)
                for face, scores in zip(batch, self._probabilities(logits))
            ]
        rest = iter(readings)
        return [[next(rest) for _ in group] for group in found]

    def read_crop(self, crop: np.ndarray) -> FaceReading:
        """Read a face that is a crop ``(size, size)`` already, uint8 grey."""
        size = crop.shape[0]
        whole = FoundFace(
            np.array([0., 0., size, size]), None, None, np.eye(2, 3), crop)
        return self.read_found([[whole]])[0][0]

    def reading(self, face: FoundFace, scores: np.ndarray) -> FaceReading:
        """Describe a face by its probabilities ``(E, )``."""
        labels = None
        if self.calibration is not None:
            found = self._label_set(scores)
            labels = [self.backend.classes[label] for label in found]
        return FaceReading(face, self.backend.classes, scores, labels)

    def _label_set(self, scores: np.ndarray) -> List[int]:
        """List the labels that are possible, the most probable one first."""
        before = scores[None]
        if self.balanced:
            before = self.calibration.balance(before, undo=True)
        found = self.calibration.sets(before, self.coverage)[0]
        return sorted({int(scores.argmax()), *found}, key=lambda k: -scores[k])

    def with_scores(self, reading: FaceReading,
                    scores: np.ndarray) -> FaceReading:
        """Return a reading with other probabilities, as after smoothing."""
        return replace(self.reading(reading.face, scores), track=reading.track)

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Turn logits ``(N, E)`` into probabilities, float64."""
        if self.calibration is not None:
            scores = self.calibration.probabilities(logits)
            return (self.calibration.balance(scores)
                    if self.balanced else scores)
        logits = np.asarray(logits, np.float64)
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)


def load_calibration(backend: Backend) -> Any:
    """Load the calibration of a network; None if it has none."""
    if backend.calibration is None:
        return None
    try:
        from .calibrated_scores import Calibration
    except ImportError:
        return None
    return Calibration.from_dict(backend.calibration, backend.name,
                                 backend.classes)
