"""Compute the logits of subjects that a model was not trained on."""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch import nn

from ...datasets import ExpressionDataset
from ...datasets.subjects.subject_identity import (identity_key,
                                                   subject_identity)
from ...engine.config.config_datasets import dataset_configs
from ...engine.config.config_errors import explain_config_errors
from ...expressions import match_classes
from ...registry import DATASETS
from ...utils.errors import UserError

#: Splits that a dataset validates on.
VALIDATION = ('val', 'inner_val')


class HeldOutLogits(NamedTuple):
    """The outputs of a model for images of held-out subjects."""

    #: ``(N, E)`` float64, of the classes of the model.
    logits: np.ndarray
    #: Ground truth as classes of the model, ``(N, )`` int64.
    labels: np.ndarray
    #: Number of the sequence of each image, ``(N, )`` int64 from 0. Images
    #: without a sequence are one each.
    sequences: np.ndarray
    #: Number of the subject of each sequence, ``(S, )`` int64 from 0; of a
    #: set that names no subjects, each sequence is one.
    subjects: np.ndarray
    #: Whether the subjects are known.
    subjects_known: bool
    #: Images of classes that the model lacks, which are left out.
    left_out: int

    @property
    def weights(self) -> np.ndarray:
        """np.ndarray: ``(N, )``, so that each sequence counts once."""
        return 1 / np.bincount(self.sequences)[self.sequences]

    @property
    def sequence_labels(self) -> np.ndarray:
        """np.ndarray: Ground truth of each sequence ``(S, )``."""
        labels = np.empty(len(self.subjects), np.int64)
        labels[self.sequences] = self.labels
        return labels

    def keep_sequences(self, mask: np.ndarray) -> 'HeldOutLogits':
        """Keep the sequences of a mask ``(S, )`` bool."""
        images = mask[self.sequences]
        return self._replace(
            logits=self.logits[images],
            labels=self.labels[images],
            sequences=(np.cumsum(mask) - 1)[self.sequences[images]],
            subjects=self.subjects[mask])


def build_validation_set(cfg: Config,
                         pipeline: List[Dict]) -> ExpressionDataset:
    """Build the validation set of a config: never a part of its test set.

    It is the split ``'val'`` of a dataset that has one; else ``'inner_val'``,
    the training fold that nested runs leave out.

    Raises:
        UserError: If there is none.
    """
    leaf = _only(cfg, 'val')
    if leaf.get('split') not in VALIDATION:
        leaf['split'] = 'inner_val'
    try:
        dataset = _build(cfg, leaf, pipeline)
    except ValueError as error:
        raise UserError(
            f'{cfg.filename}: its dataset has no validation split to '
            f'calibrate on ({error})') from error
    if dataset.split not in VALIDATION:
        raise UserError(
            f'{cfg.filename}: {type(dataset).__name__} has no validation '
            f'split, its {leaf["split"]!r} is {dataset.split!r}: a '
            'calibration on test images cannot be tested; use a dataset with '
            "a split 'val' or with folds")
    return dataset


def build_test_set(cfg: Config,
                   pipeline: List[Dict],
                   whole: bool = False) -> ExpressionDataset:
    """Build the test set of a config, or the ``whole`` of its dataset."""
    leaf = _only(cfg, 'test')
    if whole:
        leaf.update(split='all', fold=None, test_mode=True)
    return _build(cfg, leaf, pipeline)


def _only(cfg: Config, part: str) -> Dict[str, Any]:
    leaves = dataset_configs(cfg, part)
    if len(leaves) != 1:
        raise UserError(f'{cfg.filename}: {part}_dataloader joins '
                        f'{len(leaves)} datasets; give one by itself')
    return dict(leaves[0], pairs=False)


def _build(cfg: Config, leaf: Dict[str, Any],
           pipeline: List[Dict]) -> ExpressionDataset:
    with explain_config_errors(cfg):
        return DATASETS.build(dict(leaf, pipeline=pipeline))


@torch.no_grad()
def compute_logits(model: nn.Module,
                   classes: Sequence[str],
                   dataset: ExpressionDataset,
                   batch_size: int = 64) -> HeldOutLogits:
    """Run a model on a dataset.

    Args:
        model (nn.Module): In evaluation mode, with a head.
        classes (Sequence[str]): Names of its classes.
        dataset (ExpressionDataset): With classes that are matched by name.
        batch_size (int): Defaults to 64.

    Returns:
        HeldOutLogits: The outputs of images whose class the model has.

    Raises:
        UserError: If there is no such image.
    """
    own = {
        old: new
        for new, old in match_classes(classes, dataset.CLASSES).pairs
    }
    records = [dataset.get_record(index) for index in range(len(dataset))]
    labelled = [k for k, r in enumerate(records) if r['gt_label'] >= 0]
    kept = [k for k in labelled if records[k]['gt_label'] in own]
    if not kept:
        raise UserError(f'{type(dataset).__name__} has no image of '
                        f'{", ".join(classes)}; give another set')
    rows = []
    for start in range(0, len(kept), batch_size):
        items = [dataset[k] for k in kept[start:start + batch_size]]
        data = model.data_preprocessor(pseudo_collate(items), False)
        found = model(data['inputs'], data['data_samples'], mode='tensor')
        rows.append(found.double().cpu().numpy())
    keys, known = _name_sequences(dataset, [records[k] for k in kept])
    unique = sorted(set(keys))
    number = {key: position for position, key in enumerate(unique)}
    subjects = sorted({key[0] for key in unique})
    names = {name: position for position, name in enumerate(subjects)}
    return HeldOutLogits(
        np.concatenate(rows),
        np.array([own[records[k]['gt_label']] for k in kept], np.int64),
        np.array([number[key] for key in keys], np.int64),
        np.array([names[key[0]] for key in unique], np.int64), known,
        len(labelled) - len(kept))


def _name_sequences(dataset: ExpressionDataset,
                    records: List[Dict[str, Any]]) -> Tuple[List[tuple], bool]:
    """Name subject, sequence and label; the neutral frames are another one.

    Also tell whether all subjects are known.
    """
    keys, known = [], True
    for record in records:
        identity: Optional[tuple] = subject_identity(dataset, record)
        known = known and identity is not None
        subject = str(record['subject'])
        name = identity_key(identity) if identity else subject
        keys.append(
            (name, subject, str(record['sequence']), record['gt_label']))
    return keys, known
