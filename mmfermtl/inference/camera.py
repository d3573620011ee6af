"""Read a camera so that the newest frame wins."""
import threading
import time
from typing import Any, Callable, Iterable, Iterator, Optional

import cv2

from ..preparation.face_detector import quiet_opencv
from ..utils.errors import UserError
from .film_reader import FilmFrame


class NewestFrame:
    """Read frames in a thread, and hand out the newest one alone.

    Frames that nobody took are dropped, so that a slow network sees what
    happens now, and the camera is never kept waiting.

    Use it as a context.

    Args:
        frames (Iterable[FilmFrame]): Of a camera, or of a film in its place.
    """

    def __init__(self, frames: Iterable[FilmFrame]) -> None:
        self._frames = frames
        self._changed = threading.Condition()
        self._newest: Optional[FilmFrame] = None
        self._ended = False
        self._stop = False
        self._error: Optional[BaseException] = None
        #: Frames that came, and that were dropped.
        self.received = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> 'NewestFrame':
        self._thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        with self._changed:
            self._stop = True
        # A camera that hangs must not keep the process.
        self._thread.join(timeout=2)

    def take(self, timeout: Optional[float] = None) -> Optional[FilmFrame]:
        """Wait for a frame that was not taken yet.

        Args:
            timeout (float, optional): Seconds. Defaults to None, for ever.

        Returns:
            FilmFrame, optional: The newest frame; None at the end.

        Raises:
            UserError: If no frame came in time.
            Exception: What the camera raised.
        """
        with self._changed:
            if not self._changed.wait_for(
                    lambda: self._newest is not None or self._ended, timeout):
                raise UserError(f'the camera gave no frame for {timeout:g} '
                                'seconds; check that no other program uses it')
            frame, self._newest = self._newest, None
        if frame is None and self._error is not None:
            raise self._error
        return frame

    def _read(self) -> None:
        """Keep the newest frame, until the end."""
        try:
            for frame in self._frames:
                with self._changed:
                    if self._stop:
                        break
                    self.received += 1
                    self.dropped += self._newest is not None
                    self._newest = frame
                    self._changed.notify_all()
        except Exception as error:
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()


def camera_frames(
        number: int,
        clock: Callable[[], float] = time.monotonic) -> Iterator[FilmFrame]:
    """Yield the frames of a camera, until it is unplugged.

    Args:
        number (int): Of the camera, from 0.
        clock (Callable): Gives the time in seconds. Defaults to
            ``time.monotonic``.

    Raises:
        UserError: If there is no such camera.
    """
    lost = UserError(f'webcam:{number}: no such camera, or another program '
                     'uses it')
    with quiet_opencv():
        try:
            camera = cv2.VideoCapture(number)
        except cv2.error:  # of a number that is too large
            raise lost from None
    try:
        if not camera.isOpened():
            raise lost
        start, count = clock(), 0
        while True:
            sound, image = camera.read()
            if not sound:
                return
            yield FilmFrame(count, clock() - start, image)
            count += 1
    finally:
        camera.release()


def paced(frames: Iterable[FilmFrame],
          clock: Callable[[], float] = time.monotonic,
          wait: Callable[[float], Any] = time.sleep) -> Iterator[FilmFrame]:
    """Yield the frames of a film at its own speed, as a camera would."""
    start = clock()
    for frame in frames:
        delay = start + frame.time - clock()
        if delay > 0:
            wait(delay)
        yield frame


def camera_number(source: str) -> Optional[int]:
    """Parse ``'webcam:0'`` or ``'0'``; None for anything else."""
    text = source[len('webcam:'):] if source.startswith('webcam:') else source
    if source == 'webcam':
        return 0
    if text.isascii() and text.isdigit():
        return int(text)
    if source.startswith('webcam:'):
        raise UserError(f'{source}: expected the number of a camera, such as '
                        'webcam:0')
    return None
