"""Read frames of videos by their position in the decoded stream.

Only PyAV decodes, so that all users get the same pixels. OpenCV reads no AV1,
and of interlaced video, which PAL and DV cameras record, the tested releases
(opencv-python 5.0.0 among them) return black or undefined frames without an
error. PyAV is imported when a video is read, so that no other dataset needs
it.
"""
import functools
import os
import os.path as osp
from types import ModuleType
from typing import Any, Dict, Iterator, NamedTuple, Optional, Sequence

import numpy as np

from .image_paths import check_file


class VideoInfo(NamedTuple):
    """Length, size and codec of a video as decoded."""

    num_frames: int  # decoded; containers announce wrong numbers
    width: int  # of the first frame in pixels
    height: int
    codec: str  # four characters of the container and name of the codec
    fault: Optional[str]  # why frames may be missing at the end


def probe_video(path: str) -> VideoInfo:
    """Decode a video to measure its length and size.

    The result is cached as long as the file does not change.

    Returns:
        VideoInfo: ``num_frames`` is at least 1.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If PyAV is not installed.
        ValueError: If no frame can be decoded.
    """
    import_av()
    check_file(path)
    status = os.stat(path)
    return _probe(path, status.st_size, status.st_mtime_ns)


def read_video_frames(path: str,
                      indices: Sequence[int]) -> Dict[int, np.ndarray]:
    """Decode some frames of a video.

    Frames are counted while decoding from the start, never sought, so that a
    number means the same frame in every codec.

    Returns:
        dict[int, np.ndarray]: ``(H, W, 3)`` BGR, uint8, by 0-based number, in
        order.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If PyAV is not installed.
        ValueError: If the video ends before one of the frames.
    """
    wanted = set(indices)
    last = max(wanted, default=-1)
    found: Dict[int, np.ndarray] = {}
    notes: Dict[str, Any] = {}
    number = -1
    if wanted:
        for number, frame in enumerate(_decode(path, notes)):
            if number in wanted:
                found[number] = frame.to_ndarray(format='bgr24')
            if number == last:
                break
    missing = sorted(wanted - set(found))
    if missing:
        raise ValueError(
            f'{path}: {number + 1} frames can be decoded (codec '
            f'{notes["codec"]}; {notes.get("fault", "then it ends")}), the '
            f'frames {missing} do not exist; copy it again from the '
            'distribution or choose other frames')
    return found


@functools.lru_cache(maxsize=4096)
def _probe(path: str, size: int, changed: int) -> VideoInfo:
    """Count the frames of a file; size and time identify its content."""
    notes: Dict[str, Any] = {}
    number, shape = 0, (0, 0)
    for frame in _decode(path, notes):
        shape = shape if number else (frame.width, frame.height)
        number += 1
    if not number:
        raise ValueError(
            f'{path}: no frame can be decoded (codec {notes["codec"]}; '
            f'{notes.get("fault", "the stream is empty")}); copy it again '
            'from the distribution, else bring PyAV up to date (pip install '
            '-U av) or convert the video with a program that plays it')
    return VideoInfo(number, *shape, notes['codec'], notes.get('fault'))


def _decode(path: str, notes: Dict[str, str]) -> Iterator:
    """Yield the frames of PyAV up to the end or the first fault.

    The notes receive ``codec`` and, if there is one, ``fault``.
    """
    av = import_av()
    check_file(path)
    with open(path, 'rb') as file:
        head = file.read(4096)
    notes['codec'] = _fourcc(head)
    announced = int.from_bytes(head[4:8], 'little') + 8
    if head[:4] == b'RIFF' and osp.getsize(path) < announced:
        notes['fault'] = 'the file is shorter than its header announces'
    # PyAV 19 always takes header texts of any encoding, and no longer knows
    # the option.
    options = {}
    if int(av.__version__.split('.')[0]) < 19:
        options = dict(metadata_errors='ignore')
    try:
        # Only AVI: FFmpeg would also follow playlists to other files.
        with av.open(path, format='avi', **options) as container:
            stream = next(iter(container.streams.video), None)
            if stream is None:
                notes['fault'] = 'there is no video stream'
            elif stream.codec_context is None:
                notes['fault'] = 'the codec is not known to PyAV'
            else:
                notes['codec'] += f', {stream.codec_context.name}'
                # With several threads the frames of a damaged stream vary.
                stream.codec_context.thread_count = 1
                yield from container.decode(stream)
    except av.FFmpegError as error:
        notes.setdefault('fault', error.strerror or type(error).__name__)


def import_av() -> ModuleType:
    """Import PyAV, or raise an ImportError that explains how to get it."""
    try:
        import av
    except ImportError as error:
        raise ImportError(
            'reading videos needs PyAV, which cannot be imported '
            f'({error}); install it with `pip install av`, or read a tree '
            'that tools/prepare_dataset.py made on another machine') from None
    return av


def _fourcc(head: bytes) -> str:
    """Read the codec that the start of an AVI file names."""
    start = head.find(b'strf', max(head.find(b'vids'), 0))
    code = head[start + 24:start + 28] if start > 0 else b''
    text = ''.join(chr(c) if 32 < c < 127 else '?' for c in code)
    return f"'{text}'" if text else 'unknown'
