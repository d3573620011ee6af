"""Read the expressions in a film, frame by frame, in flat memory."""
import os.path as osp
from contextlib import ExitStack
from typing import Any, Callable, Iterator, List, Optional, Tuple

from ..utils.progress import Progress
from .annotation import annotate
from .face_reader import FaceReader, FaceReading
from .face_tracks import FaceTracker
from .film_reader import FilmFrame, FilmReader
from .film_summary import FilmSummary
from .film_writer import FilmWriter
from .result_files import ResultFiles
from .result_rows import error_row, face_rows

FILM_FILE = 'annotated.mp4'


def read_film(
    film: FilmReader,
    reader: FaceReader,
    tracker: Optional[FaceTracker] = None
) -> Iterator[Tuple[FilmFrame, List[FaceReading]]]:
    """Read the faces of a film, frame by frame.

    Args:
        film (FilmReader): The film; used up.
        reader (FaceReader): Finds and classifies faces.
        tracker (FaceTracker, optional): Defaults to None, one without
            smoothing.

    Yields:
        tuple[FilmFrame, list[FaceReading]]: A frame and its faces.
    """
    tracker = tracker or FaceTracker()
    for frame in film:
        readings = reader.read([frame.image])[0]
        yield frame, tracker.update(readings, frame.time, reader)


def predict_film(film: FilmReader,
                 reader: FaceReader,
                 files: ResultFiles,
                 draw: bool = True,
                 smoothing: float = 0.,
                 progress: Callable[..., Any] = Progress) -> FilmSummary:
    """Read a film, and write rows, an annotated film and a summary.

    Ctrl-C leaves whole rows, a film that can be played and the summary of
    what was read.

    Args:
        film (FilmReader): The film; used up.
        reader (FaceReader): Finds and classifies faces.
        files (ResultFiles): Where the rows go, open.
        draw (bool): Whether to write the annotated film. Defaults to True.
        smoothing (float): See :class:`FaceTracker`. Defaults to 0, none.
        progress (Callable): Shows the progress. Defaults to
            :class:`~mmfermtl.utils.progress.Progress`.

    Returns:
        FilmSummary: Of all frames that could be read.
    """
    name = osp.basename(film.path)
    summary = FilmSummary(reader.backend.classes)
    bar = progress(film.total or None, 'Reading frames', 'frames')
    tracker = FaceTracker(smoothing=smoothing)
    with ExitStack() as stack:
        stack.callback(film.close)
        stack.callback(bar.close)
        # Last in, first out: the film is closed before the summary.
        stack.callback(summary.write, files.folder)
        writer = stack.enter_context(
            FilmWriter(osp.join(files.folder, FILM_FILE),
                       film.rate)) if draw else None
        for frame, readings in read_film(film, reader, tracker):
            files.write(name,
                        face_rows(name, readings, frame.number, frame.time))
            summary.add(readings, frame.time)
            if writer is not None:
                writer.write(annotate(frame.image, readings), frame.time)
            bar.advance()
        fault = film.fault
        if not fault and not summary.frames:
            fault = f'{film.path}: no frame can be decoded'
        if fault:
            files.write(name, [error_row(name, fault)])
    return summary
