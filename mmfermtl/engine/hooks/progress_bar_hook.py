import atexit
import logging
import sys
from typing import Any, List, Optional, Tuple

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from rich.console import Console
from rich.progress import (BarColumn, Progress, TaskProgressColumn, TextColumn,
                           TimeElapsedColumn, TimeRemainingColumn)

from ...registry import HOOKS


@HOOKS.register_module()
class ProgressBarHook(Hook):
    """Show a bar with the time left over the whole training.

    rich draws it, which MMEngine depends on anyway and which keeps a bar
    below the lines that are logged meanwhile. The bar is only for a terminal:
    in a file or a pipe nothing is printed, and LoggerHook's lines tell the
    time left.

    Args:
        refresh_per_second (float): How often the bar is redrawn.
            Defaults to 4.
    """

    priority = 'LOWEST'

    def __init__(self, refresh_per_second: float = 4.) -> None:
        self.refresh_per_second = refresh_per_second
        self.progress: Optional[Progress] = None
        self._streams: List[Tuple[logging.StreamHandler, Any]] = []

    def before_train(self, runner: Runner) -> None:
        """Start the bar where a resumed run stands."""
        console = Console()
        if not is_main_process() or not console.is_terminal:
            return
        self.progress = Progress(
            TextColumn('{task.description}'),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn('left'),
            TimeRemainingColumn(),
            console=console,
            refresh_per_second=self.refresh_per_second)
        self._task = self.progress.add_task(
            'training', total=runner.max_iters, completed=runner.iter)
        terminal = sys.stdout
        self.progress.start()
        # An exception must not leave the terminal without its cursor.
        atexit.register(self._stop)
        # rich prints above the bar what goes to sys.stdout; the logger's
        # handlers hold the stream that was there before.
        for handler in runner.logger.handlers:
            if getattr(handler, 'stream', None) is terminal:
                self._streams.append((handler, handler.stream))
                handler.setStream(sys.stdout)

    def before_train_epoch(self, runner: Runner) -> None:
        """Name the epoch."""
        self._describe(f'epoch {runner.epoch + 1}/{runner.max_epochs}')

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Any = None,
                         outputs: Optional[dict] = None) -> None:
        """Move the bar on by one iteration."""
        if self.progress is not None:
            self.progress.advance(self._task)

    def before_val_epoch(self, runner: Runner) -> None:
        """Say that the bar stands still for the validation."""
        self._describe('validation')

    def after_train(self, runner: Runner) -> None:
        """End the display, leaving the full bar on the screen."""
        self._describe('trained')
        self._stop()

    def _describe(self, text: str) -> None:
        """Change the text before the bar."""
        if self.progress is not None:
            self.progress.update(self._task, description=text)

    def _stop(self) -> None:
        """End the display and give the logger its stream back."""
        if self.progress is None:
            return
        self.progress.stop()
        self.progress = None
        for handler, stream in self._streams:
            handler.setStream(stream)
        self._streams = []
        atexit.unregister(self._stop)
