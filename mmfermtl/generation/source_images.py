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


class SourceImages:
    """The images of a training dataset, through the test pipeline.

    Attributes:
        classes (tuple[str]): Names in label order.
        labels (list[int]): Label of each image, -1 if it is not known.
        subjects (list[str]): Subject of each image.
    """

    def __init__(self, cfg: Config, leaf: Dict[str, Any]) -> None:
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        test = next(leaf_datasets(cfg.to_dict()['test_dataloader']['dataset']))
        # The test pipeline does not augment; without pairs a sample is one
        # image.
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
        """list[int]: Number of images of each class."""
        return [self.labels.count(k) for k in range(len(self.classes))]

    def load(self, indices: Sequence[int]) -> Tensor:
        """Load ``N`` images, ``(N, C, H, W)`` uint8."""
        return torch.stack([self.dataset[i]['inputs'] for i in indices])

    def describe(self, index: int) -> Dict[str, Any]:
        """Describe the origin of an image, for the provenance.

        The path is relative to the folder of the dataset, or None; the
        namespace of the subjects is there if it is not that of the type.
        """
        record = self.dataset.get_record(index)
        path, label = record.get('img_path'), self.labels[index]
        keys = ('dataset', 'subject', 'sequence', 'frame_index', 'num_frames')
        space = getattr(self.dataset, 'subject_namespace', '')
        return dict({key: record[key]
                     for key in keys},
                    **(dict(space=space) if space else {}),
                    expression=self.classes[label] if label >= 0 else None,
                    path=path and osp.relpath(path, self.dataset.data_root))

    def digest(self) -> str:
        """str: SHA-256 of the names and labels of all source images."""
        rows = [self.describe(i) for i in range(len(self.labels))]
        for row in rows:
            row.pop('space', None)  # older sets lack it
        text = json.dumps(rows, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
