"""Read expressions of samples.

A label of -1 means that the expression of an image is unknown. Such samples,
the neutral frames of a sequence for example, are sources for synthesis only.
"""
from typing import Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor

from ...structures import ExpressionDataSample

Samples = List[ExpressionDataSample]


def has_target(sample: ExpressionDataSample) -> bool:
    """Return whether a sample has an expression to synthesize."""
    return 'target_label' in sample or 'target_score' in sample


def read_label(sample: ExpressionDataSample, kind: str) -> int:
    """Return the label ``'gt'`` or ``'target'`` of a sample, -1 without one.

    On a GPU this waits for the device.
    """
    label = sample.get(f'{kind}_label')
    # Unlike `int`, it dispatches no operation for a tensor on the CPU.
    return -1 if label is None else label.tolist()[0]


def is_labelled(sample: ExpressionDataSample) -> bool:
    """Return whether the expression of the image is known."""
    return 'gt_score' in sample or read_label(sample, 'gt') >= 0


def targets_identity(sample: ExpressionDataSample) -> bool:
    """Return whether the target is the expression of the image itself."""
    if not is_labelled(sample):
        return False
    if not has_target(sample):
        return True
    # Mixed targets are only identities of equally mixed labels.
    if 'target_score' in sample:
        return 'gt_score' in sample and torch.equal(sample.target_score,
                                                    sample.gt_score)
    if 'gt_label' not in sample:
        return False
    return read_label(sample, 'target') == read_label(sample, 'gt')


def split_generated(samples: Samples) -> Tuple[List[int], List[int]]:
    """Return the positions of real images, and of generated ones."""
    parts: Tuple[List[int], List[int]] = ([], [])
    for i, sample in enumerate(samples):
        # Absent in samples of other packages.
        parts[bool(sample.get('generated'))].append(i)
    return parts


def label_scores(samples: Samples,
                 kinds: Sequence[str],
                 num_classes: int,
                 device: Optional[torch.device] = None) -> Tensor:
    """Convert expressions of samples to vectors.

    Args:
        samples (list): ``N`` samples.
        kinds (Sequence[str]): ``'gt'`` or ``'target'`` for each sample.
        num_classes (int): Number of expressions ``E``.
        device (torch.device, optional): Device of the result. Defaults to
            None, the CPU.

    Returns:
        Tensor: ``(N, E)``, the scores, or else the labels as one-hot vectors.

    Raises:
        ValueError: If a sample has neither, or a label out of range.
    """
    labels: List[int] = []
    scores: Dict[int, Tensor] = {}
    for i, (sample, kind) in enumerate(zip(samples, kinds)):
        if f'{kind}_score' in sample:
            scores[i] = sample.get(f'{kind}_score')
            labels.append(0)
            continue
        label = read_label(sample, kind)
        if not 0 <= label < num_classes:
            found = label if f'{kind}_label' in sample else None
            raise ValueError(
                f'{kind}_label is {found}, expected 0 to {num_classes - 1}, '
                f'num_classes={num_classes} in the generator; set it to the '
                'number of classes of the dataset, and `pairs` in the dataset '
                'if it has samples without a label, which need a target')
        labels.append(label)
    rows = torch.eye(num_classes)[labels].to(device, non_blocking=True)
    for i, score in scores.items():
        rows[i] = score.to(rows)
    return rows


def target_scores(samples: Samples,
                  num_classes: int,
                  device: Optional[torch.device] = None) -> Tensor:
    """Return the targets ``(N, E)``, the shown expression if there is none."""
    kinds = ['target' if has_target(sample) else 'gt' for sample in samples]
    return label_scores(samples, kinds, num_classes, device)


def source_scores(samples: Samples,
                  num_classes: int,
                  device: Optional[torch.device] = None) -> Tensor:
    """Return the shown expressions ``(N, E)``, the target if unknown."""
    kinds = ['gt' if is_labelled(sample) else 'target' for sample in samples]
    return label_scores(samples, kinds, num_classes, device)
