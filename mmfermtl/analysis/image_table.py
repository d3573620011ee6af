"""Read every image of some datasets once."""
import hashlib
import os.path as osp
from typing import Any, Dict, List, NamedTuple

import numpy as np

from ..datasets import ExpressionDataset
from ..datasets.subjects import subject_identity
from ..utils.decoding.face_decoding import decode_record
from .near_duplicates import make_thumbnail


class ImageRow(NamedTuple):
    """The identity of an image in a file, or rendered in memory."""

    #: Path as the dataset gives it, or subject, sequence and frame.
    name: str
    #: Path without links, or the name.
    real_path: str
    #: Digest of the file, or of the pixels.
    digest: str


class ImageTable:
    """Images that are read once, even if several datasets have them.

    Attributes:
        rows (list[ImageRow]): The images.
        thumbnails (list[np.ndarray]): ``(32, 32)`` float32 of each.
    """

    def __init__(self) -> None:
        self.rows: List[ImageRow] = []
        self.thumbnails: List[np.ndarray] = []
        self._positions: Dict[str, int] = {}

    def add(self, dataset: ExpressionDataset, index: int,
            record: Dict[str, Any]) -> int:
        """Return the position in the table of an image, added if it is new.

        The record is that of the dataset at the index.
        """
        path = record.get('img_path')
        frame = f'{record["sequence"]} frame {record["frame_index"]}'
        if path is None:
            space, subject = subject_identity(
                dataset, record) or (type(dataset).__name__, record['subject'])
            name = f'{space} {subject}/{frame}'
        else:
            name = f'{path} {frame}' if 'video' in record else path
        if name not in self._positions:
            self._positions[name] = len(self.rows)
            image = dataset.get_data_info(index).get('img')
            if image is None:
                image = decode_record(record, 'grayscale')
            content, real_path = image.tobytes(), name
            # A row of a CSV file has a name alone.
            if 'video' not in record and osp.isfile(path or ''):
                real_path = osp.realpath(path)
                with open(path, 'rb') as file:
                    content = file.read()
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            self.rows.append(ImageRow(name, real_path, digest))
            self.thumbnails.append(make_thumbnail(image))
        return self._positions[name]
