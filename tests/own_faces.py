"""Rendered faces in the folder trees that users have."""
import os
import os.path as osp
from functools import lru_cache
from typing import Iterable

from PIL import Image

from mmfermtl.datasets import ExpressionFolder, SyntheticFaces

CLASSES = ['anger', 'happiness']
PATTERN = r'(?P<subject>[^/_]+)_[^/]*$'


def save_face(path: str, number: int = 0, **options) -> str:
    """Save the ``number``-th rendered face in the format of its suffix."""
    faces = _faces()
    face = faces.get_data_info(number % len(faces))['img']
    os.makedirs(osp.dirname(path), exist_ok=True)
    Image.fromarray(face).save(path, **options)
    return path


@lru_cache()
def _faces() -> SyntheticFaces:
    return SyntheticFaces(num_subjects=2, image_size=32, split='all')


def save_tree(
    root: str,
    paths: Iterable[str] = (),
    classes: Iterable[str] = ('anger', 'happiness'),
    subjects: Iterable[str] = ('ann', 'bob', 'cy', 'dee')
) -> str:
    """Save ``<class>/<subject>_<number>.png``, or the paths given."""
    for number, path in enumerate(paths or [
            f'{name}/{subject}_{k}.png' for name in classes
            for subject in subjects for k in (1, 2)
    ]):
        save_face(osp.join(root, path), number)
    return str(root)


def read(root, **kwargs):
    options = dict(
        split='all', classes=CLASSES, num_folds=2, subject_pattern=PATTERN)
    return ExpressionFolder(str(root), **{**options, **kwargs})


def read_csv(root, *lines, head='path,expression,subject', **kwargs):
    with open(osp.join(root, 'faces.csv'), 'w') as file:
        file.write('\n'.join([head, *lines]))
    return read(
        root, ann_file='faces.csv', **{
            'subject_pattern': None,
            **kwargs
        })


def names(dataset):
    root = osp.abspath(dataset.data_root)
    return [
        osp.relpath(dataset.get_record(i)['img_path'], root)
        for i in range(len(dataset))
    ]
