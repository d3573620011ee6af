import hashlib
import os
import os.path as osp
from typing import Any, Dict, List, Optional

import numpy as np

from ...expressions import canonical_expression
from ...registry import DATASETS
from ...utils.file_tree import is_junk, walk_files
from .fer2013_images import CSV_FILES, find_csv, read_fer2013_csv
from .fixed_split_dataset import FixedSplitDataset

#: Names of the folders of the splits, in the copies that have folders.
_FOLDERS = dict(
    train='train',
    training='train',
    val='val',
    valid='val',
    validation='val',
    publictest='val',
    test='test',
    privatetest='test')
_IMAGES = ('.png', '.jpg', '.jpeg')


@DATASETS.register_module()
class FER2013(FixedSplitDataset):
    """35,887 grey thumbnails of faces from the web, seven expressions.

    Goodfellow et al., 2013. Either the file of the competition
    (``fer2013.csv`` or ``icml_face_data.csv``), or folders of images::

        data_root                     data_root
        └── fer2013.csv               ├── train
                                      │   ├── angry
                                      │   └── ...
                                      ├── val (or none)
                                      └── test

    The CSV file has 28,709 training images, and 3,589 each to validate on
    (``PublicTest``) and to test on (``PrivateTest``). Copies with two folders
    have these two together in ``test``. There is no contempt. A tenth of the
    labels is wrong, see :class:`FERPlus`.

    Args:
        data_root (str): Folder of the file or of the folders.
        classes (int | Sequence[str]): Defaults to the seven: neutral, anger,
            disgust, fear, happiness, sadness, surprise.
        **kwargs: See :class:`FixedSplitDataset`.

    Raises:
        FileNotFoundError: If there is neither.
        ValueError: If a row or the name of a folder does not fit.

    Examples:
        >>> dict(type='mmfermtl.FER2013', data_root='data/fer2013',
        ...      split='test')
    """

    #: Also of :class:`FERPlus`, which has the same images.
    SUBJECTS = 'FER2013'
    EXPECTED = f'{CSV_FILES[0]}, or the folders train and test'

    def __init__(self, data_root: str = '', **kwargs: Any) -> None:
        #: Images of the CSV file, ``(N, 48, 48)`` uint8.
        self._pixels: Optional[np.ndarray] = None
        super().__init__(data_root=data_root, **kwargs)

    def list_images(self) -> List[dict]:
        """List the rows of the CSV file, or the files of the folders."""
        path = find_csv(self.data_root)
        if path is None:
            return self._list_folders()
        rows = read_fer2013_csv(path, self.problems)
        self._pixels = np.stack([row.image for row in rows])
        return [
            dict(
                img_path=f'{path}:{k}',
                row=k,
                expression=row.expression,
                fixed_split=row.split) for k, row in enumerate(rows)
        ]

    def content(self, sample: dict) -> bytes:
        """Hash the pixels of a row, or the file."""
        if self._pixels is None:
            return super().content(sample)
        return hashlib.blake2b(
            self._pixels[sample['row']].tobytes(), digest_size=16).digest()

    def content_key(self, idx: int) -> str:
        """Describe the content of an image; equal keys, equal images."""
        return self.content(self.get_record(idx)).hex()

    def get_data_info(self, idx: int) -> Dict[str, Any]:
        """Return the record of a sample, with its image if from the CSV."""
        sample = super().get_data_info(idx)
        if self._pixels is not None:
            sample['img'] = self._pixels[sample['row']].copy()
        return sample

    def _list_folders(self) -> List[dict]:
        """List the images of the class folders of the split folders."""
        names = sorted(
            name for name in os.listdir(self.data_root)
            if osp.isdir(osp.join(self.data_root, name)) and not is_junk(name))
        splits = {
            name: _FOLDERS[name.lower()]
            for name in names if name.lower() in _FOLDERS
        }
        if not splits:
            raise FileNotFoundError(
                f'{self.data_root}: found neither {" nor ".join(CSV_FILES)} '
                f'nor folders called train and test, but {names[:10]}; set '
                '`data_root` to the folder that holds them')
        samples = []
        for name, split in splits.items():
            for folder, file in walk_files(
                    osp.join(self.data_root, name), self.problems):
                if not file.lower().endswith(_IMAGES):
                    continue
                label = osp.basename(folder)
                try:
                    expression = canonical_expression(label)
                except ValueError as error:
                    raise ValueError(f'{osp.join(folder, file)}: {error}; '
                                     'expected folders of expressions in '
                                     f'{name}/') from None
                samples.append(
                    dict(
                        img_path=osp.join(folder, file),
                        expression=expression,
                        fixed_split=split))
        return samples
