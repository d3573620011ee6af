"""Show the progress of a long job: a bar, or lines where there is none."""
import atexit
import time
from typing import Any, Callable, Optional

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import Progress as Bar
from rich.progress import (TaskProgressColumn, TextColumn, TimeElapsedColumn,
                           TimeRemainingColumn)


class Progress:
    """Show how far a job is, its speed and the time left.

    On a terminal this is a bar, below all that is printed meanwhile;
    elsewhere a line every few seconds.

    Args:
        total (int, optional): Number of steps; None if it is not known.
        title (str): What is done.
        unit (str): What a step is called. Defaults to ``'images'``.
        completed (int): Steps that were done before. Defaults to 0.
        pace (float, optional): Seconds between two drawings or lines.
            Defaults to None, 0.25 on a terminal and 5 elsewhere.
        window (float): Seconds over which the speed is measured. Defaults to
            30.
        console (Console, optional): Defaults to None, standard error.
        clock (Callable): Gives the time in seconds. Defaults to
            ``time.monotonic``.
    """

    def __init__(self,
                 total: Optional[int],
                 title: str,
                 unit: str = 'images',
                 completed: int = 0,
                 pace: Optional[float] = None,
                 window: float = 30.,
                 console: Optional[Console] = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.console = console or Console(stderr=True)
        # No thread redraws the bar: one that held a lock while a process is
        # forked would hold it in the child for ever.
        left: tuple = (TextColumn('left'), TimeRemainingColumn())
        self._bar = Bar(
            TextColumn('{task.description}', markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn('{task.completed}' +
                       ('' if total is None else '/{task.total}') +
                       f' {unit}'),
            TimeElapsedColumn(),
            *(() if total is None else left),
            console=self.console,
            auto_refresh=False,
            # Standard output may be a file, even if the bar is seen.
            redirect_stdout=not self.console.stderr,
            speed_estimate_period=window,
            get_time=clock)
        self._unit = unit
        self._clock = clock
        self._pace = pace or (0.25 if self.on_terminal else 5.)
        self._shown = clock()
        self._bar.add_task(title, total=total, completed=completed)
        if self.on_terminal:
            self._bar.start()
            # An exception must not leave the terminal without its cursor.
            atexit.register(self.close)

    @property
    def on_terminal(self) -> bool:
        """bool: Whether a bar is shown."""
        return self.console.is_terminal

    @property
    def task(self) -> Any:
        """rich.progress.Task: Description, total, completed, speed."""
        return self._bar.tasks[0]

    def advance(self, steps: int = 1) -> None:
        """Count the steps since the last call, and show them if it is time."""
        self.update(completed=self.task.completed + steps)

    def update(self, **values: Any) -> None:
        """Change ``completed``, ``total`` or ``description``, and show it."""
        before = self.task.completed, self.task.description
        self._bar.update(self.task.id, **values)
        now = self._clock()
        ended = self.task.finished and self.task.completed != before[0]
        renamed = self.on_terminal and self.task.description != before[1]
        if ended or renamed or now - self._shown >= self._pace:
            self._shown = now
            if self.on_terminal:
                self._bar.refresh()
            else:
                self.print(str(self))

    def print(self, text: str) -> None:
        """Print a line that stays, above the bar."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the last state on the screen and release the terminal."""
        if self.on_terminal:
            self._bar.stop()
            atexit.unregister(self.close)

    def __str__(self) -> str:
        task = self.task
        known = task.total is not None
        text = (f'{task.description}: {task.completed}' +
                (f'/{task.total}' if known else '') + f' {self._unit}')
        if not task.speed:
            return text
        if task.speed >= 0.1:
            text += f', {task.speed:.1f} {self._unit}/s'
        if not known:
            return text
        return f'{text}, {format_duration(task.time_remaining or 0)} left'


def format_duration(seconds: float) -> str:
    """Write a time, not negative, as ``'1:02:03'`` (hours first)."""
    whole = int(seconds + 0.5)
    return f'{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}'
