"""Follow faces from frame to frame by the overlap of their boxes."""
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence

import numpy as np

from .face_reader import FaceReader, FaceReading

#: Overlap, intersection over union, from which two boxes are one face.
LEAST_OVERLAP = 0.3


@dataclass
class _Track:
    """A face that is followed."""

    number: int
    #: float64 ``(4, )``: x1, y1, x2, y2, where it was seen last.
    box: np.ndarray
    #: Seconds, when it was seen last.
    time: float
    #: Smoothed log-probabilities ``(E, )``.
    logs: Optional[np.ndarray] = None


class FaceTracker:
    """Number the faces of a film, and smooth their probabilities.

    A track is a place in the picture, not an identity: whoever leaves and
    comes back gets a new number, and two faces that cross may swap theirs.
    Pairs are made greedily, best overlap first. The memory is that of the
    faces in view.

    Args:
        patience (float): Seconds that a face may be out of sight; those of
            the frame before are kept in any case. Defaults to 0.5.
        smoothing (float): Time constant, in seconds, of the moving mean of
            the log-probabilities along a track. Defaults to 0, none.
    """

    def __init__(self, patience: float = 0.5, smoothing: float = 0.) -> None:
        self.patience = patience
        self.smoothing = smoothing
        self._tracks: List[_Track] = []
        self._count = 0
        #: Of the frame before.
        self._time = 0.

    def update(self,
               readings: Sequence[FaceReading],
               time: float,
               reader: Optional[FaceReader] = None) -> List[FaceReading]:
        """Number the faces of the next frame.

        Args:
            readings (Sequence[FaceReading]): Of the frame.
            time (float): Of the frame, in seconds.
            reader (FaceReader, optional): Describes smoothed probabilities;
                needed for smoothing. Defaults to None.

        Returns:
            list[FaceReading]: In the same order, with ``track``.
        """
        self._tracks = [
            track for track in self._tracks
            if track.time >= self._time or time - track.time <= self.patience
        ]
        self._time = time
        boxes = [reading.face.box for reading in readings]
        numbered = []
        for reading, track in zip(readings, self._match(boxes, time)):
            if self.smoothing > 0 and reader is not None:
                reading = self._smooth(reading, track, time, reader)
            reading.track = track.number
            track.box, track.time = reading.face.box, time
            numbered.append(reading)
        return numbered

    def _match(self, boxes: List[np.ndarray], time: float) -> List[_Track]:
        """Find the track of each box, a new one where there is none."""
        pairs = sorted(((overlap(track.box, box), -old, -new)
                        for old, track in enumerate(self._tracks)
                        for new, box in enumerate(boxes)),
                       reverse=True)
        taken: Dict[int, _Track] = {}
        used = set()
        for shared, old, new in pairs:
            if shared < LEAST_OVERLAP:
                break
            if -new not in taken and old not in used:
                taken[-new] = self._tracks[-old]
                used.add(old)
        for index, box in enumerate(boxes):
            if index not in taken:
                taken[index] = _Track(self._count, box, time)
                self._count += 1
                self._tracks.append(taken[index])
        return [taken[index] for index in range(len(boxes))]

    def _smooth(self, reading: FaceReading, track: _Track, time: float,
                reader: FaceReader) -> FaceReading:
        """Move the mean of a track towards the new probabilities."""
        logs = np.log(np.maximum(reading.scores, 1e-12))
        if track.logs is not None:
            weight = np.exp(-max(time - track.time, 0) / self.smoothing)
            logs = weight * track.logs + (1 - weight) * logs
        track.logs = logs
        scores = np.exp(logs - logs.max())
        return reader.with_scores(reading, scores / scores.sum())


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Compute the intersection over union of boxes x1, y1, x2, y2."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (first, second)]
    union = sum(areas) - shared
    return shared / union if union > 0 else 0.
