"""Find the images of FER2013 in the forms in which it is distributed."""
import os.path as osp
from typing import Dict, List, NamedTuple, Optional

import numpy as np

from ...utils.file_tree import walk_files
from ..own_data.csv_table import read_csv

#: The CSV files of the competition, with pixels.
CSV_FILES = ('fer2013.csv', 'icml_face_data.csv')
#: Codes of FER2013.
CODES = dict(
    enumerate(('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise',
               'neutral')))
#: Its splits by their names in the CSV files.
USAGES = dict(Training='train', PublicTest='val', PrivateTest='test')
#: Side of an image.
SIDE = 48


class Fer2013Row(NamedTuple):
    """A row of the CSV file."""

    #: ``(48, 48)`` uint8.
    image: np.ndarray
    expression: str
    split: str
    #: Its file and line.
    where: str


def find_csv(root: str) -> Optional[str]:
    """Return the path of the CSV file with pixels, if there is one."""
    paths = (osp.join(root, name) for name in CSV_FILES)
    return next((path for path in paths if osp.isfile(path)), None)


def read_fer2013_csv(path: str, problems: List[str]) -> List[Fer2013Row]:
    """Read ``fer2013.csv`` or ``icml_face_data.csv``.

    Args:
        path (str): The file.
        problems (list[str]): Receives a sentence for each row that is left
            out.

    Returns:
        list[Fer2013Row]: In the order of the file.

    Raises:
        ValueError: If a row has another label, usage or number of pixels.
    """
    rows = []
    for cells in read_csv(path, ('emotion', 'usage', 'pixels'), (), problems):
        where, usage = cells['where'], cells['usage']
        code = cells['emotion']
        if not code.isdigit() or int(code) not in CODES:
            raise ValueError(f'{where}: emotion {code!r}, expected 0 to 6; '
                             'download the file again')
        if usage not in USAGES:
            raise ValueError(f'{where}: Usage {usage!r}, expected one of '
                             f'{", ".join(USAGES)}; download the file again')
        try:
            pixels = np.array(cells['pixels'].split(), np.int64)
        except (OverflowError, ValueError) as error:
            raise ValueError(f'{where}: a pixel is no whole number ({error}); '
                             'download the file again') from None
        if pixels.size != SIDE**2 or not 0 <= pixels.min() <= pixels.max(
        ) < 256:
            raise ValueError(f'{where}: {pixels.size} pixels, expected '
                             f'{SIDE * SIDE} from 0 to 255; download the file '
                             'again')
        rows.append(
            Fer2013Row(
                pixels.astype(np.uint8).reshape(SIDE, SIDE), CODES[int(code)],
                USAGES[usage], where))
    return rows


def find_named_images(root: str, problems: List[str]) -> Dict[str, str]:
    """Find the images that are called ``fer0000000.png``, in any folder.

    Returns:
        dict[str, str]: Their paths by their names.

    Raises:
        ValueError: If two have the same name.
    """
    found: Dict[str, str] = {}
    for folder, name in walk_files(root, problems):
        if not (name.startswith('fer') and name.lower().endswith('.png')):
            continue
        path = osp.join(folder, name)
        if name in found:
            raise ValueError(f'{path} and {found[name]} have the same name; '
                             'remove one of them')
        found[name] = path
    return found
