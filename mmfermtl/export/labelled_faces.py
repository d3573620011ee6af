"""Read labelled faces, on which an int8 network is compared."""
import os.path as osp
from collections import Counter
from contextlib import closing
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from ..datasets.own_data.folder_reader import FolderReader
from ..datasets.own_data.label_map import LabelMap
from ..engine.config.run_config import load_config
from ..registry import DATASETS
from ..utils.errors import UserError
from ..utils.file_tree import check_root
from ..utils.progress import Progress
from .export_source import ExportSource


class LabelledFaces(NamedTuple):
    """Faces as a network reads them, and what they show."""

    #: ``(N, C, H, W)`` float32 in [-1, 1], in an order drawn once for all.
    images: np.ndarray
    #: ``(N, )`` int64.
    labels: np.ndarray
    #: Where they are from.
    name: str


def read_labelled_faces(path: str,
                        source: ExportSource,
                        data_root: Optional[str] = None) -> LabelledFaces:
    """Read a folder of class folders, or the test set of a config.

    Args:
        path (str): Such a folder; or a config, ``*.py``.
        source (ExportSource): The network, whose test pipeline reads them.
        data_root (str, optional): Data folder of the config. Defaults to
            None, that of the config.

    Returns:
        LabelledFaces: All images with a label of the network.

    Raises:
        UserError: If there are none, or the classes are others.
        ValueError: If an image cannot be decoded.
    """
    if path.endswith('.py'):
        records = _records_of_config(path, source, data_root)
    else:
        records = _records_of_folder(path, source)
    if not records:
        raise UserError(f'{path}: found no image of '
                        f'{", ".join(source.classes)}, expected folders of '
                        'these names, or a config of a dataset')
    order = np.random.default_rng(0).permutation(len(records))
    transforms, images = source.transforms(), []
    with closing(Progress(len(records), 'reading faces')) as bar:
        for index in order:
            image = transforms(dict(records[index][0]))['inputs']
            images.append(image.numpy())
            bar.advance()
    labels = np.array([records[index][1] for index in order])
    return LabelledFaces(_normalise(images, source, path), labels, path)


def _normalise(images: List[np.ndarray], source: ExportSource,
               path: str) -> np.ndarray:
    """Map ``N`` images ``(C, H, W)`` uint8 to [-1, 1], with all channels."""
    shapes = {image.shape[1:] for image in images}
    if shapes != {source.image_size}:
        raise UserError(f'{path}: the test pipeline gives images of '
                        f'{sorted(shapes)[:3]}, expected {source.image_size}')
    stacked = np.stack(images).astype(np.float32) / np.float32(127.5) - 1
    if stacked.shape[1] == source.in_channels:
        return stacked
    # Grey, as an exported model gets them.
    weights = np.array([.114, .587, .299], np.float32).reshape(1, 3, 1, 1)
    if stacked.shape[1] == 3:
        stacked = (stacked * weights).sum(axis=1, keepdims=True)
    return np.repeat(stacked, source.in_channels, axis=1)


def _records_of_folder(
        path: str, source: ExportSource) -> List[Tuple[Dict[str, Any], int]]:
    """List the images of folders that are named by expressions."""
    check_root(path, 'folders named by expressions')
    problems: List[str] = []
    rows = FolderReader(path, '', LabelMap(source.classes), None, None, False,
                        problems, Counter()).read()
    for problem in problems[:5]:
        print(f'left out: {problem}')
    return [(dict(img_path=osp.join(path, row['path'])),
             source.classes.index(row['expression'])) for row in rows
            if row['expression'] in source.classes]


def _records_of_config(
        path: str, source: ExportSource,
        data_root: Optional[str]) -> List[Tuple[Dict[str, Any], int]]:
    """List the test images of a config."""
    cfg = load_config(path, data_root=data_root)
    dataset = DATASETS.build(
        dict(cfg.test_dataloader.dataset, _scope_='mmpretrain'))
    dataset.full_init()
    classes = list(dataset.metainfo.get('classes', ()))
    if classes != source.classes:
        raise UserError(f'{path}: the classes of its test set are '
                        f'{", ".join(classes) or "not known"}, expected '
                        f'{", ".join(source.classes)} as those of the '
                        'network; give a config with them, or a folder')
    records = (dataset.get_data_info(i) for i in range(len(dataset)))
    return [(record, int(record['gt_label'])) for record in records
            if record.get('gt_label', -1) >= 0]
