"""Every image of some datasets, read once."""
import hashlib
import os.path as osp
from typing import Any, Dict, List, NamedTuple

import numpy as np

from ..datasets import ExpressionDataset
from ..datasets.decoding.face_decoding import decode_record
from ..datasets.subjects import subject_identity
from ..evaluation.functional import make_thumbnail


class ImageRow(NamedTuple):
    """What identifies an image."""

    #: Path as the dataset gives it, or subject, sequence and frame of a face
    #: that is drawn on the spot.
    name: str
    #: Path without links; the name of a drawn face.
    real_path: str
    #: Digest of the file, or of the pixels of a drawn face.
    digest: str


class ImageTable:
    """Reads each image once, whatever folds and datasets it appears in.

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
        """Position of an image, which is read if it is new.

        Args:
            dataset (ExpressionDataset): The dataset.
            index (int): Position in the dataset.
            record (dict): Its record there.

        Returns:
            int: Position in the table.
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
            if path is None:
                image = dataset.get_data_info(index)['img']
            else:
                image = decode_record(record, 'grayscale')
            if path is None or 'video' in record:
                content, real_path = image.tobytes(), name
            else:
                real_path = osp.realpath(path)
                with open(path, 'rb') as file:
                    content = file.read()
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            self.rows.append(ImageRow(name, real_path, digest))
            self.thumbnails.append(make_thumbnail(image))
        return self._positions[name]
