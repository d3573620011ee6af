import sys
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, TextIO

from ...utils.progress import format_duration
from .epoch_predictions import list_epochs
from .run_key import RunKey
from .study_folder import StudyFolder

#: Seconds between two messages, on a terminal and elsewhere.
_PACE = (1., 60.)


class RunProgress:
    """Tells how far a cross-validation is and when it will be done.

    The time left is taken from the epochs since the start of this process.
    On a terminal one line is rewritten; elsewhere one is added a minute.

    Args:
        study (StudyFolder): The study.
        total (int): Number of runs, complete ones included.
        complete (int): Number of complete runs.
        epochs (int): Epochs of a run.
        stream (TextIO, optional): Defaults to None, ``sys.stderr``.
        clock (Callable): Tells the time in seconds. Defaults to
            ``time.monotonic``.
    """

    def __init__(self,
                 study: StudyFolder,
                 total: int,
                 complete: int,
                 epochs: int,
                 stream: Optional[TextIO] = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.study = study
        self.total = total
        self.complete = complete
        self.failed = 0
        self.epochs = epochs
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._start = self._told = clock()
        #: Epochs that a run had before this process.
        self._before: Dict[RunKey, int] = {}
        self._done = 0

    def tell(self, running: Sequence[RunKey]) -> None:
        """Tell of the state if it is time.

        Args:
            running (Sequence[RunKey]): The runs that go on.
        """
        for key in running:
            if key not in self._before:
                self._before[key] = self._count(key)
        now = self._clock()
        if now - self._told >= _PACE[0 if self._terminal else 1]:
            self._told = now
            self._line(self.describe(running))

    def describe(self, running: Sequence[RunKey]) -> str:
        """Write the state as a line.

        Args:
            running (Sequence[RunKey]): The runs that go on.

        Returns:
            str: Runs, epochs and the time left, if it is known.
        """
        now = [self._count(key) for key in running]
        trained = self._done + sum(n - self._before.get(key, 0)
                                   for n, key in zip(now, running))
        ended = (self.complete + self.failed) * self.epochs
        reached = ended + sum(now)
        total = self.total * self.epochs
        text = (f'{self.complete}/{self.total} runs, {reached}/{total} '
                'epochs')
        if trained > 0:
            seconds = (self._clock() - self._start) / trained
            text += f', {format_duration((total - reached) * seconds)} left'
        return text

    def finish(self, key: RunKey, done: Dict[str, Any]) -> None:
        """Tell of a complete run.

        Args:
            key (RunKey): The run.
            done (dict): What its ``done.json`` holds.
        """
        self._end(key)
        self.complete += 1
        where = 'inner validation' if key.nested else 'test'
        self._line(
            f'[{self.complete}/{self.total}] {key}: {where} accuracy '
            f'{done["accuracy"]:.2f} % after {done["epochs"]["last"]} epochs, '
            f'{format_duration(done["seconds"])}',
            keep=True)

    def fail(self, key: RunKey, reason: str) -> None:
        """Tell of a run that failed."""
        self._end(key)
        self.failed += 1
        self._line(f'FAILED {key}: {reason}', keep=True)

    def close(self) -> None:
        """Leave the line."""
        if self._terminal:
            self._stream.write('\r\033[K')
            self._stream.flush()

    def _end(self, key: RunKey) -> None:
        self._done += self._count(key) - self._before.pop(key, 0)

    def _count(self, key: RunKey) -> int:
        epochs: List[int] = list_epochs(self.study.run_dir(key))
        return min(epochs[-1], self.epochs) if epochs else 0

    def _line(self, text: str, keep: bool = False) -> None:
        if self._terminal:
            text = f'\r{text}\033[K' + '\n' * keep
        else:
            text += '\n'
        self._stream.write(text)
        self._stream.flush()
