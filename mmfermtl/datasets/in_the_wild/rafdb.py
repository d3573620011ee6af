import os.path as osp
from typing import List

from ...registry import DATASETS
from ...utils.decoding.image_paths import PathsBelow
from ..listed_files import numbered_lines
from .fixed_split_dataset import FixedSplitDataset

#: Codes of the basic expressions.
CODES = dict(
    enumerate(('surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger',
               'neutral'), 1))


@DATASETS.register_module()
class RAFDB(FixedSplitDataset):
    """RAF-DB: aligned colour faces from the web, 100 px, seven expressions.

    Li et al., 2017, the single-label subset as distributed::

        data_root                     (the folder "basic" is found too)
        ├── EmoLabel
        │   └── list_patition_label.txt
        └── Image
            └── aligned
                ├── train_00001_aligned.jpg
                └── ...

    12,271 images to train on and 3,068 to test on, which are validated on,
    too: there is no third part. There is no contempt. Non-commercial
    research; see the terms of the distribution.

    Args:
        data_root (str): Folder of the dataset.
        split (str): ``'train'``, ``'test'`` or ``'all'``; ``'val'`` is the
            test set. Defaults to ``'train'``.
        classes (int | Sequence[str]): Defaults to the seven: neutral, anger,
            disgust, fear, happiness, sadness, surprise.
        **kwargs: See :class:`FixedSplitDataset`.

    Raises:
        FileNotFoundError: If the list or an image does not exist.
        ValueError: If a line of the list does not fit, or names a file
            outside of the folder of the images.
    """

    EXPECTED = 'EmoLabel/list_patition_label.txt and Image/aligned'
    VAL_IS_TEST = True

    def list_images(self) -> List[dict]:
        """Read the list."""
        root = osp.join(self.data_root, 'basic')
        root = root if osp.isdir(root) else self.data_root
        path = osp.join(root, 'EmoLabel', 'list_patition_label.txt')
        if not osp.isfile(path):
            raise FileNotFoundError(
                f'{path}: not found; set `data_root` to the folder that holds '
                f'{self.EXPECTED}')
        folder = osp.join(root, 'Image', 'aligned')
        samples = []
        # Folders of the distribution may be links to another disk.
        paths = PathsBelow(folder, follow_links=True)
        for number, line in numbered_lines(path, 'list of images'):
            name, _, code = line.rpartition(' ')
            stem, dot, ending = name.strip().rpartition('.')
            split = stem.partition('_')[0]
            if split not in ('train',
                             'test') or not code.isdigit() or (int(code)
                                                               not in CODES):
                raise ValueError(
                    f'{path}:{number}: found {line!r}, expected an image and '
                    'a code from 1 to 7, such as train_00001.jpg 5')
            image = self.find_image(paths, folder,
                                    f'{stem}_aligned{dot}{ending}',
                                    f'{path}:{number}')
            if image is not None:
                samples.append(
                    dict(
                        img_path=image,
                        expression=CODES[int(code)],
                        fixed_split=split))
        return samples
