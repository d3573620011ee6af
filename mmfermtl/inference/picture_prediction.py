"""Read the expressions in many pictures, and go on where a run stopped."""
import functools
import os
import os.path as osp
from dataclasses import replace
from typing import Any, Callable, List, Optional, Sequence, Tuple

import cv2
import numpy as np

from ..preparation.worker_pool import run_in_parallel
from ..utils.progress import Progress
from .annotation import annotate
from .face_reader import FaceReader
from .picture_sources import NamedPicture, read_picture
from .reader_options import ReaderOptions
from .result_files import PICTURES, ResultFiles
from .result_rows import Row, error_row, face_rows

#: Pixels that are held at once, of some ten photographs.
MAX_PIXELS = 40_000_000
#: Endings that OpenCV can write.
_WRITABLE = ('.png', '.jpg', '.jpeg', '.bmp', '.webp', '.tif', '.tiff')
_ADVICE = ('finished pictures stay: run the same command again to go on, '
           'with fewer than --workers {jobs} if it happens again')
#: Name of a picture, its rows.
Result = Tuple[str, List[Row]]


class PictureTask:
    """Read pictures, and draw the results; built in each process.

    Args:
        options (ReaderOptions): Of the reader.
        draw_to (str, optional): Folder of the annotated pictures. Defaults
            to None, none.
        single_thread (bool): Whether others work beside it. Defaults to
            False.
        reader (FaceReader, optional): Defaults to None, built by the
            options.
    """

    def __init__(self,
                 options: ReaderOptions,
                 draw_to: Optional[str] = None,
                 single_thread: bool = False,
                 reader: Optional[FaceReader] = None) -> None:
        if single_thread:
            options = replace(options, threads=1)
        self.reader = reader or options.build()
        self.draw_to = draw_to

    def read(self, pictures: Sequence[NamedPicture]) -> List[Result]:
        """Read pictures; one that cannot be read is a row, not an error."""
        results: List[Result] = []
        batch: List[Tuple[str, np.ndarray]] = []
        pixels = 0
        for picture in pictures:
            try:
                image = read_picture(picture.source, picture.name)
            except (ValueError, OSError, MemoryError) as error:
                row = error_row(picture.name, str(error) or 'too large')
                results.append((picture.name, [row]))
                continue
            batch.append((picture.name, image))
            pixels += image.shape[0] * image.shape[1]
            if pixels >= MAX_PIXELS:
                results += self._read_images(batch)
                batch, pixels = [], 0
        results += self._read_images(batch)
        order = {picture.name: i for i, picture in enumerate(pictures)}
        return sorted(results, key=lambda result: order[result[0]])

    def _read_images(self, batch: List[Tuple[str,
                                             np.ndarray]]) -> List[Result]:
        """Read decoded pictures, whose faces are classified together."""
        results, found, sound = [], [], []
        for name, image in batch:
            try:
                found.append(self.reader.finder.find(image))
                sound.append((name, image))
            except (ValueError, cv2.error) as error:
                results.append((name, [error_row(name, str(error))]))
        for (name, image), readings in zip(sound,
                                           self.reader.read_found(found)):
            if self.draw_to is not None:
                write_picture(
                    osp.join(self.draw_to, name), annotate(image, readings))
            results.append((name, face_rows(name, readings)))
        return results


def predict_pictures(pictures: Sequence[NamedPicture],
                     options: ReaderOptions,
                     files: ResultFiles,
                     draw: bool = True,
                     workers: int = 1,
                     reader: Optional[FaceReader] = None,
                     progress: Callable[..., Any] = Progress) -> None:
    """Read pictures, and write their rows as they are finished.

    Args:
        pictures (Sequence[NamedPicture]): Those that ``files`` names as
            finished are left out.
        options (ReaderOptions): Of the reader, built in each process.
        files (ResultFiles): Where the rows go, open.
        draw (bool): Whether to write annotated pictures. Defaults to True.
        workers (int): Number of processes. Defaults to 1, this one.
        reader (FaceReader, optional): For this process; defaults to None,
            built by the options.
        progress (Callable): Shows the progress. Defaults to
            :class:`~mmfermtl.utils.progress.Progress`.

    Raises:
        ValueError: If a worker was killed.
    """
    left = [p for p in pictures if p.name not in files.finished]
    # Small parts lose little when killed; a batch is read at once.
    size = options.batch_size if workers == 1 else min(options.batch_size, 8)
    calls = [(left[i:i + size], ) for i in range(0, len(left), size)]
    build = functools.partial(
        PictureTask,
        options,
        osp.join(files.folder, PICTURES) if draw else None,
        single_thread=workers > 1,
        reader=reader if workers == 1 else None)
    bar = progress(
        len(pictures),
        'Reading faces',
        'pictures',
        completed=len(pictures) - len(left))
    try:
        for _, results in run_in_parallel(build, 'read', calls, workers,
                                          _ADVICE):
            for name, rows in results:
                files.write(name, rows)
            bar.advance(len(results))
    finally:
        bar.close()


def write_picture(path: str, image: np.ndarray) -> str:
    """Write a picture ``(H, W[, 3])``, as PNG where its ending is another.

    Returns:
        str: The path, with the ending.
    """
    if not path.lower().endswith(_WRITABLE):
        path += '.png'
    os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
    content = cv2.imencode(osp.splitext(path)[1], image)[1]
    with open(path, 'wb') as file:
        file.write(content.tobytes())
    return path
