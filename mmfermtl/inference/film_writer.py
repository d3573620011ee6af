"""Write a film that can be played however the process ends."""
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from ..utils.decoding.video_frames import import_av
from ..utils.errors import UserError

#: The first that this FFmpeg has.
_CODECS = ('libx264', 'mpeg4')
#: Ticks per second of the time stamps.
_TICKS = 1000
_FRAGMENTED = 'frag_keyframe+empty_moov+default_base_moof'


class FilmWriter:
    """Write frames to a fragmented .mp4, of which every part can be played.

    Sound is not written. Use it as a context.

    Args:
        path (str): The film, ``*.mp4``.
        rate (float): Frames per second, about.
    """

    def __init__(self, path: str, rate: float = 25.) -> None:
        if not path.lower().endswith('.mp4'):
            raise UserError(f'{path}: expected a name that ends in .mp4')
        self.path = path
        self.rate = min(max(rate, 1.), 240.)
        self._av = import_av()
        self._container: Any = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> 'FilmWriter':
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def write(self, image: np.ndarray, time: float) -> None:
        """Add a frame.

        Args:
            image (np.ndarray): ``(H, W, 3)`` BGR uint8; resized to the size
                of the first.
            time (float): Seconds, not before that of the last frame.
        """
        if self._stream is None:
            self._open(image)
        size = (self._stream.width, self._stream.height)
        if image.shape[1::-1] != size:
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        frame = self._av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image), format='bgr24')
        # Strictly growing, as encoders want it.
        self._last = max(self._last + 1, round(time * _TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what the encoder still holds, and close the file."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            container.mux(self._stream.encode(None))
        finally:
            container.close()

    def _open(self, image: np.ndarray) -> None:
        """Open the file for frames of the size of the first."""
        self._container = self._av.open(
            self.path, 'w', format='mp4', options=dict(movflags=_FRAGMENTED))
        self._stream = self._add_stream()
        # The colour planes have half of the size.
        self._stream.width = max(image.shape[1] // 2 * 2, 2)
        self._stream.height = max(image.shape[0] // 2 * 2, 2)
        self._stream.pix_fmt = 'yuv420p'
        context = self._stream.codec_context
        context.time_base = Fraction(1, _TICKS)
        # A second a fragment: what a kill may cost.
        context.gop_size = max(round(self.rate), 1)
        context.bit_rate = 0
        if context.name == 'libx264':
            context.options = dict(preset='veryfast', crf='20')
        else:
            context.bit_rate = 8_000_000

    def _add_stream(self) -> Any:
        for codec in _CODECS:
            try:
                return self._container.add_stream(codec, rate=round(self.rate))
            except (ValueError, self._av.FFmpegError):
                continue
        raise UserError('this PyAV has no encoder for films '
                        f'({", ".join(_CODECS)}); install the wheel of PyPI '
                        'or write no film')
