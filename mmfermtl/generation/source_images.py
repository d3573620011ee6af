import copy
import hashlib
import json
import os.path as osp
from typing import Any, Dict, List, Sequence

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor

from ..registry import DATASETS
from ..utils.wrapped_datasets import leaf_datasets


class SourceFaces:
    """The training faces of a config, as its test pipeline shows them.

    Args:
        cfg (Config): A loaded config.
        leaf (dict): Config of its training dataset.

    Attributes:
        classes (tuple[str]): Names in label order.
        labels (list[int]): Label of each face, -1 if it is not known.
        subjects (list[str]): Person of each face.
    """

    def __init__(self, cfg: Config, leaf: Dict[str, Any]) -> None:
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        test = next(leaf_datasets(cfg.to_dict()['test_dataloader']['dataset']))
        # No augmentation, and a face at a time.
        self.dataset = DATASETS.build(
            dict(
                copy.deepcopy(leaf),
                pipeline=test['pipeline'],
                pairs=False,
                test_mode=True))
        self.classes = tuple(self.dataset.metainfo['classes'])
        self.labels: List[int] = self.dataset.get_gt_labels().tolist()
        self.subjects: List[str] = self.dataset.get_subjects()

    def class_counts(self) -> List[int]:
        """list[int]: Faces of each class."""
        return [self.labels.count(k) for k in range(len(self.classes))]

    def pictures(self, indices: Sequence[int]) -> Tensor:
        """Some faces, ``(N, C, H, W)`` uint8."""
        return torch.stack([self.dataset[i]['inputs'] for i in indices])

    def describe(self, index: int) -> Dict[str, Any]:
        """Where a face is from.

        Args:
            index (int): Its position.

        Returns:
            dict: ``dataset``, ``subject``, ``sequence``, ``frame_index``,
            ``num_frames``, ``expression`` and ``path``, relative to the
            folder of the dataset; None for faces without a file.
        """
        record = self.dataset.get_record(index)
        path, label = record.get('img_path'), self.labels[index]
        if path is not None:
            path = osp.relpath(path, self.dataset.data_root)
        return dict(
            {
                key: record[key]
                for key in ('dataset', 'subject', 'sequence', 'frame_index',
                            'num_frames')
            },
            expression=self.classes[label] if label >= 0 else None,
            path=path)

    def digest(self) -> str:
        """str: SHA-256 of what there is to paint from, names and labels."""
        rows = [self.describe(i) for i in range(len(self.labels))]
        return hashlib.sha256(json.dumps(rows,
                                         sort_keys=True).encode()).hexdigest()
