import time
from typing import Any, Callable, Collection, Dict, Optional, Sequence

from rich.console import Console

from ...utils.progress import Progress, format_duration
from .epoch_predictions import list_epochs
from .run_key import RunKey
from .study_folder import StudyFolder


class RunProgress:
    """Show how far a cross-validation is and the time left.

    The speed is that of all epochs since the start of this process. Console
    and clock are those of :class:`~mmfermtl.utils.progress.Progress`.
    """

    def __init__(self,
                 study: StudyFolder,
                 keys: Sequence[RunKey],
                 done: Collection[RunKey],
                 epochs: int,
                 console: Optional[Console] = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.study = study
        self.num_runs = len(keys)
        self.complete = len(done)
        self.epochs = epochs
        self._total = len(keys) * epochs
        self._trained: Dict[RunKey, int] = {
            key: epochs if key in done else self._count(key)
            for key in keys
        }
        console = console or Console(stderr=True)
        self.bar = Progress(
            self._total,
            f'{self.complete}/{self.num_runs} runs',
            'epochs',
            completed=sum(self._trained.values()),
            pace=1. if console.is_terminal else 60.,
            window=float('inf'),
            console=console,
            clock=clock)

    def update(self, running: Sequence[RunKey]) -> None:
        """Count the epochs of the runs in progress."""
        for key in running:
            self._trained[key] = self._count(key)
        self.bar.update(
            completed=sum(self._trained.values()),
            total=self._total,
            description=f'{self.complete}/{self.num_runs} runs')

    def finish(self, key: RunKey, done: Dict[str, Any]) -> None:
        """Report a complete run by its ``done.json``."""
        self.complete += 1
        where = 'inner validation' if key.nested else 'test'
        self.bar.print(
            f'[{self.complete}/{self.num_runs}] {key}: {where} accuracy '
            f'{done["accuracy"]:.2f} % after {done["epochs"]["last"]} epochs, '
            f'{format_duration(done["seconds"])}')
        self._trained[key] = self.epochs
        self.update([])

    def fail(self, key: RunKey, reason: str) -> None:
        """Report a run that failed."""
        self.bar.print(f'FAILED {key}: {reason}')
        self._total -= self.epochs - self._count(key)
        self.update([key])

    def close(self) -> None:
        """Release the terminal."""
        self.bar.close()

    def _count(self, key: RunKey) -> int:
        epochs = list_epochs(self.study.run_dir(key))
        return min(epochs[-1], self.epochs) if epochs else 0
