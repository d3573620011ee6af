import hashlib
import os.path as osp
from typing import Any, Callable, Dict, Iterator, Optional, Sequence, Tuple

import cv2
import numpy as np

from ..datasets.prepared_index import FRAME_SHAPE, GEOMETRY_SHAPE
from ..utils.atomic_files import write_whole
from ..utils.contained_files import contained_path, file_sha256
from ..utils.journal import Journal
from .alignment import warp_face
from .face_choice import share_outside
from .frame_faces import (NO_DETECTOR, DetectorMissingError, FrameFace,
                          FrameFaces)
from .frame_reader import SourceFrame, read_frames
from .preparation_options import PreparationOptions, SourceDataset
from .sequence_tasks import SequenceTask, shorten

Row = Dict[str, Any]
#: Shape of a row of the journal, see :meth:`SequencePreparer.prepare`.
ROW_SHAPE = {
    'sources': {
        str: (str, None)
    },
    'frames': [FRAME_SHAPE],
    'geometry?': GEOMETRY_SHAPE
}
#: Keys that every crop has.
_MEASURED = ('face', 'landmarks', 'score', 'num_faces', 'image_size',
             'outside')
NO_FACE = 'no face found in any frame of the sequence that is prepared'


class SequencePreparer:
    """Turn sequences of a distribution into crops, one after the other.

    Each worker process has one; its rows do not depend on what it prepared
    before. Its arguments are those of all tasks.
    """

    def __init__(self, raw_root: str, out_root: str,
                 sources: Sequence[SourceDataset], options: PreparationOptions,
                 detector_factory: Callable[[], Any]) -> None:
        self.raw_root = raw_root
        self.out_root = out_root
        self.options = options
        self.datasets = [source.build(raw_root) for source in sources]
        self.dataset_name = type(self.datasets[0]).__name__
        self.faces = FrameFaces(options, detector_factory)
        self.journal = Journal(out_root)

    def is_done(self, task: SequenceTask, row: Row) -> bool:
        """Whether the row that :meth:`prepare` returned is still right.

        That is, the frames to prepare and the content of the source files and
        of the crops are unchanged.
        """
        try:
            frames = [(f['index'], f['source']) for f in row['frames']]
            wanted = [(i, self._source(task, i)) for i in task.indices]
            if frames != wanted or row['sources'] != self._checksums(task):
                return False
            return all(self._is_frame_done(task, f) for f in row['frames'])
        except (KeyError, TypeError):
            return False  # a row of another version

    def _is_frame_done(self, task: SequenceTask, frame: Row) -> bool:
        if 'missing' in frame:
            return NO_DETECTOR not in frame['missing']
        if any(key not in frame for key in _MEASURED):
            return False  # a row of another version
        path = self._crop_path(task, frame['index'])
        full = contained_path(self.out_root, path)
        return (frame['path'] == path and not osp.islink(full)
                and frame['sha256'] == file_sha256(full))

    def prepare(self, task: SequenceTask) -> Row:
        """Write the crops of a sequence, and record them in the journal.

        Returns:
            dict: ``sources``, the checksums of the files read, ``frames`` as
            the index holds them and, for videos, ``geometry``.

        Raises:
            TreeWriteError: If the prepared tree cannot be written.
            ValueError: If a folder in it is a link out of the tree.
        """
        row: Row = dict(sources=self._checksums(task))
        frames: Dict[int, Row] = {}
        found: Dict[int, FrameFace] = {}
        faceless: Dict[int, Tuple[SourceFrame, FrameFace]] = {}
        for frame in self._read(task, task.indices):
            if frame.geometry is not None:
                row['geometry'] = frame.geometry
            fault, face = frame.fault, None
            if frame.image is not None:
                try:
                    face = self.faces.find(self.datasets[task.source],
                                           task.sequence, frame.index,
                                           frame.image)
                except DetectorMissingError as error:
                    fault = str(error)
            if face is None:
                frames[frame.index] = self._missing(fault)
            elif face.transform is None:
                faceless[frame.index] = frame, face
            else:
                found[frame.index] = face
                frames[frame.index] = self._write_crop(task, frame, face)
        # The nearest frame of the sequence lends its transform, now that all
        # are known.
        for index, (frame, face) in faceless.items():
            if not found:
                frames[index] = self._missing(*face.doubts, NO_FACE)
                continue
            # Of two neighbours as near, the earlier one.
            other = min(found, key=lambda i: (abs(i - index), i))
            face = FrameFace('borrowed', None, found[other].transform,
                             face.doubts)
            frames[index] = self._write_crop(task, frame, face)
            frames[index]['borrowed_from'] = other
        row['frames'] = [
            dict(frames[i], index=i, source=self._source(task, i))
            for i in task.indices
        ]
        self.journal.write(task.name, row)
        return row

    def _missing(self, *reasons: str) -> Row:
        return dict(missing=shorten('; '.join(reasons), self.raw_root))

    def read_frame(self, task: SequenceTask,
                   index: int) -> Optional[np.ndarray]:
        """Decode a frame ``(H, W, 3)`` uint8 BGR; None if that fails."""
        frame, = self._read(task, (index, ))
        return frame.image

    def _read(self, task: SequenceTask,
              indices: Tuple[int, ...]) -> Iterator[SourceFrame]:
        try:
            yield from read_frames(self.faces, self.datasets[task.source],
                                   task.sequence, indices)
        except DetectorMissingError as error:
            for index in indices:
                yield SourceFrame(index, None, str(error))

    def _write_crop(self, task: SequenceTask, frame: SourceFrame,
                    found: FrameFace) -> Row:
        """Write the crop of a frame, and describe it for the index."""
        image = frame.image
        crop = warp_face(image, found.transform, self.options.size)
        is_grey = (crop[..., :1] == crop[..., 1:]).all()
        if self.options.color == 'gray' or is_grey:
            crop = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
        path = self._crop_path(task, frame.index)
        content = cv2.imencode('.png', crop)[1].tobytes()
        write_whole(contained_path(self.out_root, path), content)
        face = found.face
        row: Row = dict(
            path=path,
            sha256=hashlib.sha256(content).hexdigest(),
            face=found.kind,
            box=face and list(face.box),
            landmarks=face and face.landmarks.tolist(),
            score=face and face.score,
            num_faces=face.num_faces if face else 0,
            transform=found.transform.tolist(),
            image_size=[image.shape[1], image.shape[0]],
            outside=share_outside(found.transform, image.shape,
                                  self.options.size))
        if found.doubts:
            row['notes'] = [shorten(d, self.raw_root) for d in found.doubts]
        return row

    def _crop_path(self, task: SequenceTask, index: int) -> str:
        return self.datasets[task.source].prepared_path(task.sequence, index)

    def _source(self, task: SequenceTask, index: int) -> Optional[str]:
        frame = task.sequence.frames.get(index)
        return frame and osp.relpath(frame.path, self.raw_root)

    def _checksums(self, task: SequenceTask) -> Dict[str, Optional[str]]:
        """Compute checksums of the files that the crops are made of."""
        frames = task.sequence.frames
        paths = {
            path
            for i in task.indices if i in frames
            for path in (frames[i].path, frames[i].landmarks) if path
        }
        return {
            osp.relpath(path, self.raw_root): file_sha256(path)
            for path in sorted(paths)
        }
