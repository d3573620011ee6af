"""Sum up a film: the share of time of each expression, and a timeline."""
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..utils.json_documents import write_json
from .face_reader import FaceReading

SUMMARY_FILE = 'summary.json'
TIMELINE_FILE = 'timeline.png'
#: Bins of the timeline; when they are full, pairs are merged.
_BINS = 1024


class FilmSummary:
    """Add up the frames of a film, in memory that does not grow with it.

    A frame counts for the time until the next one, the last for the mean of
    these. Of several faces in a frame, the largest one counts.

    Args:
        classes (Sequence[str]): Names in label order.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = list(classes)
        self.frames = 0
        self.faces = 0
        self.no_face = 0
        self.calibrated = False
        self.tracks = 0
        self.seconds = 0.
        #: Time of the last frame, and the sum of the steps between frames.
        self._last = 0.
        self._elapsed = 0.
        #: Seconds of each expression, sure and not sure, ``(2, E)``.
        self._times = np.zeros((2, len(classes)))
        #: Largest face of the last frame.
        self._main: Optional[FaceReading] = None
        #: Sums of probabilities, and numbers of frames, of each bin.
        self._sums = np.zeros((_BINS, len(classes)))
        self._numbers = np.zeros(_BINS, np.int64)
        self._width = 0.25

    def add(self, readings: Sequence[FaceReading], time: float) -> None:
        """Add a frame at a time in seconds."""
        step = time - self._last
        if step <= 0:  # joined films begin again
            step = self._mean_step()
        self._count_main(self._times, step)
        if self.frames:
            self._elapsed += step
        self._last = time
        self.frames += 1
        self.seconds = max(self.seconds, time)
        self.faces += len(readings)
        for reading in readings:
            self.tracks = max(self.tracks, (reading.track or 0) + 1)
        while time >= _BINS * self._width:
            self._merge_pairs()
        if not readings:
            self.no_face += 1
            self._main = None
            return
        self._main = main = max(
            readings,
            key=lambda r: np.prod(np.ptp(r.face.box.reshape(2, 2), axis=0)))
        self.calibrated = main.label_set is not None
        index = int(time / self._width)
        self._sums[index] += main.scores
        self._numbers[index] += 1

    def to_dict(self) -> Dict[str, Any]:
        """Return the numbers, as JSON can hold them."""
        times = self._times.copy()
        self._count_main(times, self._mean_step())
        times /= times.sum() or 1.
        shares = {
            name: round(float(share), 4)
            for name, share in zip(self.classes, times.sum(axis=0))
        }
        return dict(
            frames=self.frames,
            seconds=round(self.seconds, 3),
            faces=self.faces,
            tracks=self.tracks,
            frames_without_face=self.no_face,
            share_of_time=shares,
            share_not_sure=round(float(times[1].sum()), 4)
            if self.calibrated else None,
            note='of the largest face of each frame; a track is no identity')

    def rows(self) -> List[tuple]:
        """List the expressions with their shares, the largest first."""
        shares = self.to_dict()['share_of_time'].items()
        return sorted(shares, key=lambda item: -item[1])

    def write(self, folder: str) -> None:
        """Write ``summary.json`` and ``timeline.png`` into a folder."""
        write_json(osp.join(folder, SUMMARY_FILE), self.to_dict())
        if self._numbers.any():
            self._plot(osp.join(folder, TIMELINE_FILE))

    def _mean_step(self) -> float:
        """Mean time between frames, 1 if there are no two."""
        return self._elapsed / max(self.frames - 1, 1) or 1.

    def _count_main(self, times: np.ndarray, seconds: float) -> None:
        """Let the last frame count for so many seconds."""
        if self._main is not None:
            times[int(bool(self._main.abstained)), self._main.label] += seconds

    def _merge_pairs(self) -> None:
        half = _BINS // 2
        for values in (self._sums, self._numbers):
            values[:half] = values[::2] + values[1::2]
            values[half:] = 0
        self._width *= 2

    def _plot(self, path: str) -> None:
        """Plot the mean probabilities over time."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        last = int(self.seconds / self._width) + 1
        numbers = self._numbers[:last, None]
        means = np.where(numbers, self._sums[:last] / np.maximum(numbers, 1),
                         np.nan)
        times = (np.arange(last) + 0.5) * self._width
        figure = Figure(figsize=(10, 4), layout='constrained')
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for name, values in zip(self.classes, means.T):
            axes.plot(times, values, label=name, marker='.', markersize=3)
        axes.set(
            xlabel='time in s',
            ylabel='mean probability',
            xlim=(0, last * self._width),
            ylim=(0, 1))
        axes.legend(loc='center left', bbox_to_anchor=(1, 0.5))
        figure.savefig(path, dpi=100)
