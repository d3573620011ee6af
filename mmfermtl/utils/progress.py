import sys
import time
from collections import deque
from typing import Callable, Deque, Optional, TextIO, Tuple

#: Seconds over which the speed is taken.
_WINDOW = 20.


class Progress:
    """Tells how far a job is, how fast it goes and when it will be done.

    On a terminal one line is rewritten; elsewhere a line is added every few
    seconds.

    Args:
        total (int): Number of images.
        title (str): What is done with them.
        stream (TextIO, optional): Defaults to None, ``sys.stderr``.
        clock (Callable): Tells the time in seconds. Defaults to
            ``time.monotonic``.
    """

    def __init__(self,
                 total: int,
                 title: str,
                 stream: Optional[TextIO] = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.title = title
        self.done = 0
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._told = clock()
        self._history: Deque[Tuple[float, int]] = deque([(self._told, 0)])

    def advance(self, images: int) -> None:
        """Count images, and tell of it if it is time.

        Args:
            images (int): Images done since the last call.
        """
        self.done += images
        now = self._clock()
        self._history.append((now, self.done))
        while len(self._history) > 2 and now - self._history[0][0] > _WINDOW:
            self._history.popleft()
        if self.done >= self.total or now - self._told >= (
                0.2 if self._terminal else 5.):
            self._told = now
            self._tell(f'\r{self}\033[K' if self._terminal else f'{self}\n')

    def close(self) -> None:
        """Leave the line."""
        if self._terminal and self.done:
            self._tell('\n')

    def _tell(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def __str__(self) -> str:
        (start, before), (now, done) = self._history[0], self._history[-1]
        rate = (done - before) / max(now - start, 1e-9)
        text = f'{self.title}: {self.done}/{self.total} images'
        if not rate:
            return text
        left = format_duration((self.total - self.done) / rate)
        return f'{text}, {rate:.1f} images/s, {left} left'


def format_duration(seconds: float) -> str:
    """Write a time as hours, minutes and seconds.

    Args:
        seconds (float): Not negative.

    Returns:
        str: Such as ``'1:02:03'``.
    """
    whole = int(seconds + 0.5)
    return f'{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}'
