import atexit
import logging
import sys
from typing import Any, List, Optional, Tuple

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from rich.console import Console

from ...registry import HOOKS
from ...utils.progress import Progress


@HOOKS.register_module()
class ProgressBarHook(Hook):
    """Show a bar with the time left over the whole training.

    The bar stays below the lines that are logged meanwhile. It is only for a
    terminal: in a file or a pipe nothing is printed, and LoggerHook's lines
    give the time left.

    Args:
        refresh_per_second (float): How often the bar is redrawn at the most.
            Defaults to 4.
    """

    priority = 'LOWEST'

    def __init__(self, refresh_per_second: float = 4.) -> None:
        self.pace = 1 / refresh_per_second
        self.progress: Optional[Progress] = None
        self._streams: List[Tuple[logging.StreamHandler, Any]] = []

    def before_train(self, runner: Runner) -> None:
        """Start the bar, for a resumed run at the iteration it resumes at."""
        console = Console()
        if not is_main_process() or not console.is_terminal:
            return
        terminal = sys.stdout
        self.progress = Progress(
            runner.max_iters,
            'training',
            'iterations',
            completed=runner.iter,
            pace=self.pace,
            console=console)
        atexit.register(self._stop)
        # rich prints above the bar what goes to sys.stdout; the logger's
        # handlers hold the stream that was there before.
        for handler in runner.logger.handlers:
            if getattr(handler, 'stream', None) is terminal:
                self._streams.append((handler, handler.stream))
                handler.setStream(sys.stdout)

    def before_train_epoch(self, runner: Runner) -> None:
        """Show the number of the epoch."""
        self._describe(f'epoch {runner.epoch + 1}/{runner.max_epochs}')

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: Any = None,
                         outputs: Optional[dict] = None) -> None:
        """Advance the bar by one iteration."""
        if self.progress is not None:
            self.progress.advance()

    def before_val_epoch(self, runner: Runner) -> None:
        """Show why the bar does not advance."""
        self._describe('validation')

    def after_train(self, runner: Runner) -> None:
        """Leave the full bar on the screen."""
        self._describe('trained')
        self._stop()

    def _describe(self, text: str) -> None:
        if self.progress is not None:
            self.progress.update(description=text)

    def _stop(self) -> None:
        """Release the terminal, and give the logger its stream back."""
        if self.progress is None:
            return
        self.progress.close()
        self.progress = None
        for handler, stream in self._streams:
            handler.setStream(stream)
        self._streams = []
        atexit.unregister(self._stop)
