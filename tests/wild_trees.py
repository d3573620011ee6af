"""Trees of the sets from the web, rendered in their layouts."""
import csv
import os
import os.path as osp
from typing import Dict, List, Sequence

import numpy as np
from PIL import Image

#: Columns of FER+'s list, and its votes of an image of each expression.
COLUMNS = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust',
           'fear', 'contempt', 'unknown', 'NF')
USAGES = ('Training', 'PublicTest', 'PrivateTest')
FOLDERS = ('FER2013Train', 'FER2013Valid', 'FER2013Test')
#: Official numbers of RAF-DB by code from 1, to train and to test on.
RAFDB_COUNTS = dict(
    train=(1290, 281, 717, 4772, 1982, 705, 2524),
    test=(329, 74, 160, 1185, 478, 162, 680))
#: Of the Taiwan corpus, by letter.
TAIWAN_COUNTS = dict(a=69, b=226, c=197, d=200, e=198, f=151, g=182)


def face(seed: int, side: int = 48, channels: int = 1) -> np.ndarray:
    """A random image that stands for a face."""
    rng = np.random.default_rng(seed)
    shape = (side, side) if channels == 1 else (side, side, channels)
    return rng.integers(0, 256, shape, dtype=np.uint8)


def write_face(path: str, seed: int, side: int = 48, channels: int = 1) -> str:
    """Write such an image, and return its path."""
    os.makedirs(osp.dirname(path), exist_ok=True)
    Image.fromarray(face(seed, side, channels)).save(path)
    return path


def link_many(source: str, paths: Sequence[str]) -> None:
    """Give one image many names, which takes no time."""
    for path in paths:
        os.makedirs(osp.dirname(path), exist_ok=True)
        os.link(source, path)


def votes_of(expression: str, agreed: int = 8, other: str = 'unknown') -> str:
    """The ten votes of an image, some for another column."""
    votes = dict.fromkeys(COLUMNS, 0)
    votes[expression] += agreed
    votes[other] += 10 - agreed
    return ','.join(str(votes[name]) for name in COLUMNS)


def write_votes(root: str, rows: List[str]) -> None:
    """Write FER+'s list of the rows ``usage,name,votes``."""
    with open(osp.join(root, 'fer2013new.csv'), 'w', encoding='utf-8') as file:
        file.write(f'Usage,Image name,{",".join(COLUMNS)}\n')
        file.writelines(f'{row}\n' for row in rows)


def render_ferplus(root: str, per_class: int = 2, csv_file: str = '') -> str:
    """Write images of the eight expressions in each split, and the list.

    Args:
        root (str): Folder to write to.
        per_class (int): Images of each expression and split.
        csv_file (str): Name of a CSV file with pixels, instead of files.
    """
    os.makedirs(root, exist_ok=True)
    rows, pixels, number = [], [], 0
    for usage, folder in zip(USAGES, FOLDERS):
        for expression in COLUMNS[:8]:
            for _ in range(per_class):
                name = f'fer{number:07d}.png'
                if csv_file:
                    text = ' '.join(map(str, face(number).ravel()))
                    pixels.append((number % 7, usage, text))
                else:
                    write_face(osp.join(root, folder, name), number)
                rows.append(f'{usage},{name},{votes_of(expression)}')
                number += 1
    write_votes(root, rows)
    if csv_file:
        write_fer2013(osp.join(root, csv_file), pixels)
    return root


def write_fer2013(path: str, rows: Sequence) -> None:
    """Write ``fer2013.csv``, or ``icml_face_data.csv`` with its blanks."""
    header = ('emotion', 'pixels', 'Usage')
    if 'icml' in osp.basename(path):
        header = ('emotion', ' pixels', ' Usage')
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows((code, text, usage) for code, usage, text in rows)


def render_rafdb(root: str, counts: Dict[str, Sequence[int]]) -> str:
    """Write RAF-DB with numbers of images by code."""
    image = write_face(osp.join(root, 'one.png'), 0, 10, 3)
    lines, paths = [], []
    for split, numbers in counts.items():
        k = 0
        for code, number in enumerate(numbers, 1):
            for _ in range(number):
                k += 1
                lines.append(f'{split}_{k:05d}.jpg {code}\n')
                paths.append(
                    osp.join(root, 'basic', 'Image', 'aligned',
                             f'{split}_{k:05d}_aligned.jpg'))
    link_many(image, paths)
    os.makedirs(osp.join(root, 'basic', 'EmoLabel'))
    with open(
            osp.join(root, 'basic', 'EmoLabel', 'list_patition_label.txt'),
            'w',
            encoding='utf-8') as file:
        file.writelines(lines)
    return root


def render_taiwan(root: str,
                  counts: Dict[str, int],
                  performers: int = 29,
                  same: bool = True) -> str:
    """Write the Taiwan corpus with numbers of images by letter.

    All are the ``same`` image, or random ones.
    """
    folder = osp.join(root, 'Taiwanese', 'faces_256x256')
    paths = []
    for code, number in counts.items():
        for k in range(number):
            kind = 0 if code == 'a' else 1 + k // performers % 3
            paths.append(
                osp.join(
                    folder, f'{1 + k % performers:02d}{kind}1{code}'
                    f'{k // performers:02d}.jpg'))
    if same:
        image = write_face(osp.join(root, 'one', 'one.jpg'), 0, 10, 3)
        link_many(image, paths)
    else:
        for seed, path in enumerate(paths):
            write_face(path, seed, 10, 3)
    return root
