"""What a user calls from Python, without PyTorch."""
import os.path as osp
from contextlib import ExitStack
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

import numpy as np

from ..utils.errors import UserError
from .annotation import annotate
from .camera import NewestFrame, camera_frames, camera_number
from .camera_session import read_camera, show_picture
from .face_editing import edit_faces
from .face_reader import FaceReading
from .face_targets import Edit
from .film_prediction import read_film
from .film_reader import FilmReader
from .picture_sources import (NamedPicture, is_camera, is_film, list_pictures,
                              read_picture)
from .reader_options import ReaderOptions
from .result_rows import ERROR, NO_FACE, OK
from .result_sinks import ResultSinks

Result = Dict[str, Any]


class FaceInferencer:
    """Read, and edit, the faces of pictures, films and cameras.

    Args:
        options (ReaderOptions): Of the network and the face detector.

    Raises:
        UserError: If an option is wrong.
        FileNotFoundError: If the detector's weights are missing.

    Examples:
        >>> from mmfermtl.inference import FaceInferencer, ReaderOptions
        >>> inferencer = FaceInferencer(ReaderOptions())  # doctest: +SKIP
        >>> faces = inferencer('me.jpg')['predictions'][0]  # doctest: +SKIP
        >>> faces[0]['pred_class']  # doctest: +SKIP
        'happiness'
    """

    def __init__(self, options: ReaderOptions = ReaderOptions()) -> None:
        self.options = options
        self.reader = options.build()
        #: Shows a picture, and returns whether to go on.
        self.show: Callable[[np.ndarray], bool] = show_picture

    def __call__(self, inputs: Any, **kwargs: Any) -> Union[Result, Iterator]:
        """Read pictures at once, or a film or camera frame by frame.

        Args:
            inputs (str | np.ndarray | Sequence): A file, folder, glob or
                array ``(H, W)``, ``(H, W, 3)`` BGR, or a list of files and
                arrays; a film; or ``'webcam:0'``.
            **kwargs: See :meth:`stream`.

        Returns:
            dict | Iterator[dict]: ``predictions``, a list of faces for each
            picture; ``visualization``, a list of annotated pictures, empty
            without ``return_vis``; and ``status``, for each picture its
            ``file``, ``status`` (``'ok'``, ``'no_face'``, ``'error'``) and
            ``note``. For a film or camera an iterator with one such dict for
            each frame, with ``frame`` and ``time`` in the status.
        """
        results = self.stream(inputs, **kwargs)
        if is_stream(inputs):
            return results
        joined: Result = dict(predictions=[], visualization=[], status=[])
        for result in results:
            for key, values in joined.items():
                values += result[key]
        return joined

    def stream(self,
               inputs: Any,
               batch_size: int = 8,
               edit: Optional[Edit] = None,
               show: bool = False,
               vis_out_dir: Optional[str] = None,
               pred_out_dir: Optional[str] = None,
               return_vis: bool = False) -> Iterator[Result]:
        """Read pictures or frames one after the other, in flat memory.

        Args:
            inputs (Any): See :meth:`__call__`.
            batch_size (int): Pictures that are read at once. Defaults to 8.
            edit (str | Mapping, optional): Weights by expression, such as
                ``dict(happiness=.7)``, or ``'all'``, once to each. Faces then
                have ``fake_img``, ``(size, size)`` grey, and ``edited_img``,
                the picture with this face put back; with ``'all'`` the lists
                ``fake_imgs`` and ``edited_imgs``. Defaults to None.
            show (bool): Whether to show annotated pictures. Defaults to
                False.
            vis_out_dir (str, optional): Folder for annotated pictures or the
                annotated film. Defaults to None.
            pred_out_dir (str, optional): Folder for ``predictions.csv`` and
                ``predictions.jsonl``. Those of an earlier call are replaced;
                the results of ``mmfermtl predict`` for many pictures are
                not. Defaults to None.
            return_vis (bool): Whether to return annotated pictures. Defaults
                to False.

        Yields:
            dict: As :meth:`__call__` returns, of one picture or frame.

        Raises:
            UserError: If an option is wrong, there is no such input, or
                ``pred_out_dir`` holds results for many pictures.
        """
        if not isinstance(batch_size, int) or batch_size < 1:
            raise UserError(f'batch_size={batch_size!r}: expected at least 1')
        backend = self.reader.backend
        if edit is not None and not backend.can_edit:
            raise UserError(f'{backend.name} has no generator, so it cannot '
                            'edit faces; use a model with one')
        sinks = ResultSinks(backend.classes, self.options.recorded(),
                            is_stream(inputs), vis_out_dir, pred_out_dir)
        with sinks, ExitStack() as stack:
            for status, image, readings in self._read(inputs, batch_size,
                                                      stack):
                faces = [reading.to_dict() for reading in readings]
                picture = None
                if image is not None:
                    if edit is not None:
                        self._edit(image, readings, faces, edit)
                    if show or return_vis or sinks.draws:
                        picture = annotate(image, readings)
                sinks.write(status, readings, picture)
                yield dict(
                    predictions=[faces],
                    visualization=[picture] if return_vis else [],
                    status=[status])
                if show and picture is not None and not self.show(picture):
                    return

    def _read(self, inputs: Any, batch_size: int,
              stack: ExitStack) -> Iterator[tuple]:
        """Yield the status, the image and the faces of pictures or frames."""
        if not is_stream(inputs):
            pictures = list_pictures(inputs)
            for start in range(0, len(pictures), batch_size):
                yield from self._read_batch(pictures[start:start + batch_size])
            return
        number = camera_number(inputs)
        if number is None:
            film = FilmReader(inputs)
            frames: Iterator = read_film(film, self.reader)
        else:
            newest = stack.enter_context(NewestFrame(camera_frames(number)))
            frames = (live[:2] for live in read_camera(newest, self.reader))
        for frame, readings in frames:
            status = _status(inputs, readings)
            yield dict(
                status, frame=frame.number,
                time=frame.time), frame.image, readings
        if number is None and film.fault:
            yield dict(file=inputs, status=ERROR, note=film.fault), None, []

    def _read_batch(self, pictures: List[NamedPicture]) -> Iterator[tuple]:
        """Read pictures, whose faces are classified together."""
        images: List[Optional[np.ndarray]] = []
        found, notes = [], []
        for picture in pictures:
            image, faces, note = None, [], ''
            try:
                image = read_picture(picture.source, picture.name)
                faces = self.reader.finder.find(image)
            except (ValueError, OSError, MemoryError) as error:
                image, note = None, str(error) or 'too large'
            images.append(image)
            found.append(faces)
            notes.append(note)
        for picture, image, note, readings in zip(
                pictures, images, notes, self.reader.read_found(found)):
            status = _status(picture.name, readings)
            if image is None:
                status = dict(file=picture.name, status=ERROR, note=note)
            yield status, image, readings

    def _edit(self, image: np.ndarray, readings: List[FaceReading],
              faces: List[Dict[str, Any]], edit: Edit) -> None:
        """Add generated faces to the results."""
        for face, edited in zip(
                faces, edit_faces(self.reader.backend, image, readings, edit)):
            if edit == 'all':
                face['fake_imgs'] = [one.fake for one in edited]
                face['edited_imgs'] = [one.picture for one in edited]
            else:
                face['fake_img'] = edited[0].fake
                face['edited_img'] = edited[0].picture


def is_stream(inputs: Any) -> bool:
    """Whether an input is a film or a camera, not pictures."""
    if not isinstance(inputs, str) or osp.isdir(inputs):
        return False
    return is_film(inputs) or is_camera(inputs)


def _status(name: str, readings: List[FaceReading]) -> Dict[str, Any]:
    return dict(file=name, status=OK if readings else NO_FACE, note='')
