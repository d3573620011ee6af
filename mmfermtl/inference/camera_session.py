"""Read the faces of a camera, show them and write them down."""
import time
from collections import deque
from typing import Callable, Deque, Iterator, List, NamedTuple, Optional

import cv2
import numpy as np

from ..utils.errors import UserError
from .annotation import annotate
from .camera import NewestFrame
from .face_reader import FaceReader, FaceReading
from .face_tracks import FaceTracker
from .film_reader import FilmFrame
from .film_writer import FilmWriter
from .result_files import ResultFiles
from .result_rows import face_rows

TITLE = 'mmfermtl: Esc or q ends'
#: Seconds without a frame after which a camera counts as lost.
_PATIENCE = 10.


class LiveFrame(NamedTuple):
    """A frame of a camera, and what was read in it."""

    frame: FilmFrame
    readings: List[FaceReading]
    #: Frames read per second, over the last ones.
    fps: float
    #: Seconds from taking the frame to its result.
    latency: float


def read_camera(
        newest: NewestFrame,
        reader: FaceReader,
        tracker: Optional[FaceTracker] = None,
        limit: Optional[int] = None,
        clock: Callable[[], float] = time.monotonic) -> Iterator[LiveFrame]:
    """Read the newest frame of a camera, again and again.

    Args:
        newest (NewestFrame): The camera, as an open context.
        reader (FaceReader): Finds and classifies faces.
        tracker (FaceTracker, optional): Defaults to None, one without
            smoothing.
        limit (int, optional): Frames after which to end. Defaults to None.
        clock (Callable): Gives the time in seconds. Defaults to
            ``time.monotonic``.

    Yields:
        LiveFrame: Of each frame that was read.
    """
    tracker = tracker or FaceTracker()
    ends: Deque[float] = deque(maxlen=30)
    count = 0
    while limit is None or count < limit:
        frame = newest.take(_PATIENCE)
        if frame is None:
            return
        start = clock()
        readings = tracker.update(
            reader.read([frame.image])[0], frame.time, reader)
        ends.append(clock())
        span = ends[-1] - ends[0]
        fps = (len(ends) - 1) / span if span > 0 else 0.
        count += 1
        yield LiveFrame(frame, readings, fps, ends[-1] - start)


def run_camera(frames: Iterator[LiveFrame],
               name: str,
               files: Optional[ResultFiles] = None,
               writer: Optional[FilmWriter] = None,
               show: Optional[Callable[[np.ndarray], bool]] = None) -> int:
    """Show and record frames as they are read.

    Args:
        frames (Iterator[LiveFrame]): Of :func:`read_camera`.
        name (str): Of the camera in the rows.
        files (ResultFiles, optional): Where the rows go, open.
        writer (FilmWriter, optional): Where the annotated film goes, open.
        show (Callable, optional): Shows a picture, and returns whether to go
            on, such as :func:`show_picture`.

    Returns:
        int: Number of frames that were read.
    """
    count = 0
    for live in frames:
        count += 1
        frame = live.frame
        if files is not None:
            files.write(
                name, face_rows(name, live.readings, frame.number, frame.time))
        if writer is None and show is None:
            continue
        state = f'{live.fps:.1f} fps, {1000 * live.latency:.0f} ms'
        picture = annotate(frame.image, live.readings, [state])
        if writer is not None:
            writer.write(picture, frame.time)
        if show is not None and not show(picture):
            break
    return count


def show_picture(image: np.ndarray) -> bool:
    """Show a picture in a window; return False after Esc, q or its closing.

    Raises:
        UserError: If this OpenCV or machine has no windows.
    """
    try:
        cv2.imshow(TITLE, image)
        key = cv2.waitKey(1) & 0xff
        seen = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
    except cv2.error as error:
        reason = str(error).strip().splitlines()[-1]
        raise UserError('no window can be opened here; give --no-show '
                        f'({reason})') from None
    return seen and key not in (27, ord('q'))
