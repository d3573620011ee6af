"""Read the frames of a film, in one pass and flat memory."""
import os.path as osp
from glob import has_magic
from typing import Any, Iterator, NamedTuple, Optional

import cv2
import numpy as np

from ..utils.decoding.image_paths import check_file
from ..utils.decoding.video_frames import import_av
from ..utils.errors import UserError

#: The container of each ending. It is not guessed: FFmpeg would follow
#: playlists to other files.
_CONTAINERS = {
    '.mp4': 'mov',
    '.m4v': 'mov',
    '.mov': 'mov',
    '.3gp': 'mov',
    '.avi': 'avi',
    '.mkv': 'matroska',
    '.webm': 'matroska',
    '.mpg': 'mpeg',
    '.mpeg': 'mpeg',
    '.ts': 'mpegts',
    '.mts': 'mpegts',
    '.wmv': 'asf',
    '.flv': 'flv',
    '.ogv': 'ogg',
}
FILM_SUFFIXES = tuple(_CONTAINERS)
#: Wider or narrower pixels than this are no format, but damage.
_WIDEST_PIXEL = 4
#: Frames per second where a film does not say.
_USUAL_RATE = 25.


class FilmFrame(NamedTuple):
    """A frame of a film."""

    #: 0-based, counted while decoding.
    number: int
    #: Seconds from the first frame.
    time: float
    #: ``(H, W, 3)`` BGR uint8, upright, with square pixels.
    image: np.ndarray


class FilmReader:
    """Iterate over the frames of a film, once.

    Frames are decoded one by one and never sought, so that the cost and the
    memory of a late frame are those of an early one. Frames that are left
    out are decoded, but not converted. Pixels that are displayed wider than
    high are resized to square ones. Sound is not read.

    Args:
        path (str): The film.
        every (int): Take each n-th frame. Defaults to 1, all.
        fps (float, optional): Or take at most so many frames a second of the
            film. Defaults to None.

    Attributes:
        rate (float): Frames per second that are taken, on average.
        total (int): Frames that will be taken, by the container, which may
            be wrong; 0 if it does not say.
        fault (str): Why the film has no frames, or ended early; else empty.

    Raises:
        ImportError: If PyAV is not installed.
        UserError: If the file does not exist or has not the ending of a film,
            or an option is wrong.
    """

    def __init__(self,
                 path: str,
                 every: int = 1,
                 fps: Optional[float] = None) -> None:
        if every < 1:
            raise UserError(f'--every {every}: expected a number from 1')
        if fps is not None and not 0 < fps < 1e4:
            raise UserError(f'--fps {fps}: expected frames per second above 0')
        kind = _CONTAINERS.get(osp.splitext(path)[1].lower())
        if kind is None:
            raise UserError(f'{path}: expected a film that ends in '
                            f'{", ".join(FILM_SUFFIXES)}')
        if has_magic(path) and not osp.lexists(path):
            raise UserError(f'{path}: a glob, but one film at a time is read; '
                            'give the path of one')
        if not osp.isfile(path):
            raise UserError(f'{path}: not found, or no ordinary file; check '
                            'the path')
        self.path = path
        self.every = every
        self.fps = fps
        self.fault = ''
        self._av = import_av()
        self._container: Any = None
        self._stream: Any = None
        source = _USUAL_RATE
        try:
            source = self._open(kind)
        except (ValueError, OSError, self._av.FFmpegError) as error:
            self.close()
            reason = getattr(error, 'strerror', None) or str(error)
            self.fault = (
                f'{path}: cannot be read as a film ({reason}); check '
                'that its ending is right, or convert it')
        self.rate = min(source / every, fps or source)
        self.total = round(self._count() * self.rate / source)

    def _open(self, kind: str) -> float:
        """Open the file, choose its video and return its frame rate."""
        check_file(self.path)
        self._container = self._av.open(self.path, format=kind)
        self._stream = next(iter(self._container.streams.video), None)
        if self._stream is None or self._stream.codec_context is None:
            raise ValueError('there is no video in it that PyAV can decode')
        # With several threads the frames of a damaged stream vary.
        self._stream.codec_context.thread_count = 1
        return float(self._stream.average_rate or _USUAL_RATE)

    def __iter__(self) -> Iterator[FilmFrame]:
        """Yield the frames up to the end or the first fault."""
        if self._container is None:
            return
        first = None
        rate = float(self._stream.average_rate or _USUAL_RATE)
        due, ratio = 0., float(self._stream.sample_aspect_ratio or 1)
        try:
            for number, frame in enumerate(
                    self._container.decode(self._stream)):
                stamp = frame.time if frame.time is not None else number / rate
                first = stamp if first is None else first
                time = max(stamp - first, 0.)
                if number % self.every or (self.fps and time < due - 1e-6):
                    continue
                if self.fps:
                    # Along a fixed grid, so that rounding does not add up.
                    due = (int(time * self.fps + 1e-6) + 1) / self.fps
                yield FilmFrame(number, time, _upright(frame, ratio))
        except self._av.FFmpegError as error:
            reason = error.strerror or type(error).__name__
            self.fault = f'{self.path}: broken or truncated film ({reason})'
        finally:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def _count(self) -> int:
        """Count the frames by what the container announces."""
        if self._container is None:
            return 0
        if self._stream.frames:
            return int(self._stream.frames)
        length = self._container.duration
        rate = float(self._stream.average_rate or _USUAL_RATE)
        return round(length / 1e6 * rate) if length else 0


def _upright(frame: Any, ratio: float = 1.) -> np.ndarray:
    """Convert a frame to BGR, as it is displayed.

    Its pixels are made square, by their ratio of width to height, and it is
    turned as the camera was held.
    """
    image = frame.to_ndarray(format='bgr24')
    height, width = image.shape[:2]
    if ratio != 1 and 1 / _WIDEST_PIXEL <= ratio <= _WIDEST_PIXEL:
        size = (max(round(width * ratio), 1), height)
        image = cv2.resize(
            image,
            size,
            interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
    turns = round(getattr(frame, 'rotation', 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
