"""Where the inferencer writes: rows, annotated pictures, an annotated film."""
import os
import os.path as osp
from contextlib import ExitStack
from typing import Any, Dict, Optional, Sequence, Set

import numpy as np

from ..utils.output_files import make_output_folder
from .face_reader import FaceReading
from .film_prediction import FILM_FILE
from .film_writer import FilmWriter
from .picture_prediction import write_picture
from .result_files import ResultFiles
from .result_rows import ERROR, error_row, face_rows


class ResultSinks:
    """Write results as they come; use it as a context.

    Args:
        classes (Sequence[str]): Names in label order.
        options (dict): What the rows depend on.
        film (bool): Whether the pictures are frames.
        vis_out_dir (str, optional): Folder of annotated pictures, or of the
            annotated film. Defaults to None.
        pred_out_dir (str, optional): Folder of the rows. Those of many
            pictures, which can go on, are not replaced. Defaults to None.
    """

    def __init__(self,
                 classes: Sequence[str],
                 options: Dict[str, Any],
                 film: bool,
                 vis_out_dir: Optional[str] = None,
                 pred_out_dir: Optional[str] = None) -> None:
        self._film = film
        self._vis_out_dir = vis_out_dir
        self._drawn: Set[str] = set()
        self._stack = ExitStack()
        self._files: Optional[ResultFiles] = None
        self._writer: Optional[FilmWriter] = None
        if pred_out_dir is not None:
            self._files = ResultFiles(pred_out_dir, classes, options)
        if vis_out_dir is not None:
            make_output_folder('vis_out_dir', vis_out_dir)
            if film:
                self._writer = FilmWriter(osp.join(vis_out_dir, FILM_FILE))

    @property
    def draws(self) -> bool:
        """bool: Whether annotated pictures are written."""
        return self._vis_out_dir is not None

    def __enter__(self) -> 'ResultSinks':
        for part in (self._files, self._writer):
            if part is not None:
                self._stack.enter_context(part)  # type: ignore[arg-type]
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()

    def write(self, status: Dict[str, Any], readings: Sequence[FaceReading],
              picture: Optional[np.ndarray]) -> None:
        """Write the rows of a picture or frame, and the annotated picture."""
        name = status['file']
        if self._files is not None:
            rows = face_rows(name, readings, status.get('frame'),
                             status.get('time'))
            if status['status'] == ERROR:
                rows = [error_row(name, status['note'])]
            self._files.write(name, rows)
        if picture is None:
            return
        if self._writer is not None:
            self._writer.write(picture, status['time'])
        elif self._vis_out_dir is not None:
            write_picture(
                osp.join(self._vis_out_dir, self._unused(name)), picture)

    def _unused(self, name: str) -> str:
        """Name an annotated picture as no other one of this run."""
        name = _inner(name)
        stem, suffix = osp.splitext(name)
        number = 1
        while name in self._drawn:
            number += 1
            name = f'{stem}_{number}{suffix}'
        self._drawn.add(name)
        return name


def _inner(name: str) -> str:
    """Turn the name of a picture into a path that stays in a folder."""
    parts = name.replace(os.sep, '/').split('/')
    return osp.basename(name) if osp.isabs(name) or '..' in parts else name
