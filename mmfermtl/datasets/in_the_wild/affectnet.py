import os
import os.path as osp
from typing import Dict, List

import numpy as np

from ...expressions import canonical_expression
from ...registry import DATASETS
from ...utils.decoding.image_paths import PathsBelow
from ...utils.file_tree import is_junk, walk_files
from ..own_data.csv_table import read_csv
from .fixed_split_dataset import FixedSplitDataset

#: Codes of the expressions; 8 to 10 are none, uncertain and no face.
CODES: Dict[int, str] = dict(
    enumerate(('neutral', 'happiness', 'sadness', 'surprise', 'fear',
               'disgust', 'anger', 'contempt')))
_NO_EXPRESSION = (8, 9, 10)
#: Lists and folders of the forms, by the split that they hold.
_LISTS = {'training.csv': 'train', 'validation.csv': 'test'}
_SETS = {'train_set': 'train', 'val_set': 'test'}
_FOLDERS = {
    'train': 'train',
    'train_class': 'train',
    'val': 'test',
    'valid': 'test',
    'val_class': 'test',
    'test': 'test'
}
_IMAGES = ('.png', '.jpg', '.jpeg')


@DATASETS.register_module()
class AffectNet(FixedSplitDataset):
    """AffectNet: faces from the web, seven or eight expressions.

    Mollahosseini et al., 2017, in one of the forms that are around::

        data_root                         (as first distributed)
        ├── training.csv                  subDirectory_filePath, expression
        ├── validation.csv
        └── Manually_Annotated_Images/1/image.jpg  (or directly 1/image.jpg)

        data_root                         (of 2021)
        ├── train_set
        │   ├── images/0.jpg
        │   └── annotations/0_exp.npy
        └── val_set

        data_root                         (copies in class folders)
        ├── train/0/image.jpg             codes, or names of expressions
        └── val (or test, not both)

    With seven classes contempt is left out, as most publications do. The
    validation images, 500 a class, are what is tested on, as the test set is
    not distributed. Non-commercial research; see the terms.

    Args:
        data_root (str): Folder of the dataset.
        split (str): ``'train'``, ``'test'`` or ``'all'``; ``'val'`` is the
            test set. Defaults to ``'train'``.
        classes (int | Sequence[str]): 8 with contempt, or names. Defaults to
            the seven without contempt.
        **kwargs: See :class:`FixedSplitDataset`.

    Raises:
        FileNotFoundError: If the folder has none of these forms.
        ValueError: If a row or the name of a folder does not fit, or several
            folders would be tested on.
    """

    EXPECTED = 'training.csv, train_set, or train with class folders'
    VAL_IS_TEST = True

    def list_images(self) -> List[dict]:
        """List the images by the form that is there."""
        names = sorted(n for n in os.listdir(self.data_root) if not is_junk(n))
        for table, read in ((_LISTS, self._read_list), (_SETS, self._read_set),
                            (_FOLDERS, self._read_folders)):
            found = [name for name in names if name.lower() in table]
            held_out = [n for n in found if table[n.lower()] == 'test']
            if len(held_out) > 1:
                raise ValueError(
                    f'{self.data_root}: found {" and ".join(held_out)}, '
                    'expected one set that is tested on; move the others out '
                    'of `data_root`')
            if found:
                return [
                    dict(sample, fixed_split=table[name.lower()])
                    for name in found
                    for sample in read(osp.join(self.data_root, name))
                ]
        raise FileNotFoundError(
            f'{self.data_root}: found {names[:10]}, expected {self.EXPECTED}; '
            'set `data_root` to the folder that holds them')

    def _read_list(self, path: str) -> List[dict]:
        """Read a CSV list."""
        folders = (osp.join(self.data_root,
                            'Manually_Annotated_Images'), self.data_root)
        root = next(folder for folder in folders if osp.isdir(folder))
        # Folders of the distribution may be links to another disk.
        paths = PathsBelow(self.data_root, follow_links=True)
        samples = []
        for cells in read_csv(path, ('subdirectory_filepath', 'expression'),
                              (), self.problems):
            code = cells['expression']
            if not code.isdigit() or int(code) not in (*CODES,
                                                       *_NO_EXPRESSION):
                raise ValueError(f'{cells["where"]}: expression {code!r}, '
                                 'expected 0 to 10')
            if int(code) in _NO_EXPRESSION:
                self.left_out['images of none, uncertain or no face'] += 1
                continue
            image = self.find_image(paths, root,
                                    cells['subdirectory_filepath'],
                                    cells['where'])
            if image is not None:
                samples.append(
                    dict(img_path=image, expression=CODES[int(code)]))
        return samples

    def _read_set(self, root: str) -> List[dict]:
        """Read images with one file of annotation each."""
        samples = []
        for folder, name in walk_files(
                osp.join(root, 'images'), self.problems):
            stem, ending = osp.splitext(name)
            if ending.lower() not in _IMAGES:
                continue
            image = osp.join(folder, name)
            path = osp.join(root, 'annotations', f'{stem}_exp.npy')
            try:
                # Arrays of objects, which could run code, are refused.
                code = int(np.load(path, allow_pickle=False))
            except (EOFError, OSError, OverflowError, TypeError,
                    ValueError) as error:
                self.problems.append(f'{image}: its expression cannot be read '
                                     f'from {path} ({error}); copy it again')
                continue
            if code not in CODES:
                self.left_out['images of none, uncertain or no face'] += 1
                continue
            samples.append(dict(img_path=image, expression=CODES[code]))
        return samples

    def _read_folders(self, root: str) -> List[dict]:
        """Read class folders, called by codes or by expressions."""
        samples = []
        for folder, name in walk_files(root, self.problems):
            if not name.lower().endswith(_IMAGES):
                continue
            label = osp.basename(folder)
            code = label.removeprefix('class')
            try:
                expression = CODES[int(
                    code)] if code.isdigit() else canonical_expression(label)
            except (KeyError, ValueError):
                raise ValueError(
                    f'{osp.join(folder, name)}: its folder is called '
                    f'{label!r}, expected a code from 0 to 7 or an expression'
                ) from None
            samples.append(
                dict(img_path=osp.join(folder, name), expression=expression))
        return samples
