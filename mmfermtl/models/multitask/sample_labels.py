"""What the samples of a batch say of expressions: shown, wanted, unknown.

A label of -1 means that nobody knows what the face shows. Such samples, the
neutral frames of a sequence for example, are sources for synthesis alone.
"""
from typing import Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor

from ...structures import ExpressionDataSample

Samples = List[ExpressionDataSample]


def has_target(samples: Optional[Samples]) -> bool:
    """Whether the first sample names an expression to paint."""
    return bool(samples) and ('target_label' in samples[0]
                              or 'target_score' in samples[0])


def is_labelled(sample: ExpressionDataSample) -> bool:
    """Whether it is known what the face of a sample shows."""
    if 'gt_score' in sample:
        return True
    return 'gt_label' in sample and int(sample.gt_label) >= 0


def split_generated(samples: Samples) -> Tuple[List[int], List[int]]:
    """Positions of real sources, and of generated ones."""
    parts: Tuple[List[int], List[int]] = ([], [])
    for i, sample in enumerate(samples):
        parts[bool(sample.get('generated'))].append(i)
    return parts


def mean_losses(losses: Sequence[Dict[str, Tensor]],
                samples: Sequence[Samples]) -> Dict[str, Tensor]:
    """Join the losses of the parts of a batch.

    Args:
        losses (Sequence[dict[str, Tensor]]): Means over each part.
        samples (Sequence[list]): Its samples, of which the labelled count.

    Returns:
        dict[str, Tensor]: Means over all parts.
    """
    counts = [sum(map(is_labelled, part)) for part in samples]
    total = max(sum(counts), 1)
    return {
        name: sum(part[name] * (n / total) for part, n in zip(losses, counts))
        for name in losses[0]
    }


def generates_identity(sample: ExpressionDataSample) -> bool:
    """Whether the target is the expression that the source shows."""
    if not is_labelled(sample):
        return False
    if not has_target([sample]):
        return True
    if 'target_score' in sample:
        return 'gt_score' in sample and torch.equal(sample.target_score,
                                                    sample.gt_score)
    if 'gt_label' not in sample:
        return False
    return int(sample.target_label) == int(sample.gt_label)


def label_scores(samples: Samples, kind: str, num_classes: int,
                 device: torch.device) -> Tensor:
    """Expressions of samples as vectors.

    Args:
        samples (list): One sample an image.
        kind (str): ``'gt'`` or ``'target'``.
        num_classes (int): Number of expressions ``E``.
        device (torch.device): Where the result is wanted.

    Returns:
        Tensor: ``(N, E)``, from the scores or else the labels.

    Raises:
        ValueError: If a sample has neither, or a label out of range.
    """
    rows = []
    for sample in samples:
        if f'{kind}_score' in sample:
            row = sample.get(f'{kind}_score').float()
        else:
            label = sample.get(f'{kind}_label')
            if label is None or not 0 <= int(label) < num_classes:
                raise ValueError(
                    f'{kind}_label is {label}, expected 0 to '
                    f'{num_classes - 1}, num_classes={num_classes} in the '
                    'generator; set it to the number of classes of the '
                    'dataset, and `pairs` in the dataset if it has samples '
                    'without a label, which need a target')
            row = torch.eye(num_classes)[int(label)]
        rows.append(row.to(device))
    return torch.stack(rows)


def target_scores(samples: Samples, num_classes: int,
                  device: torch.device) -> Tensor:
    """Targets ``(N, E)``; a sample without one keeps its expression."""
    return torch.cat([
        label_scores([s], 'target' if has_target([s]) else 'gt', num_classes,
                     device) for s in samples
    ])


def source_scores(samples: Samples, num_classes: int,
                  device: torch.device) -> Tensor:
    """Shown expressions ``(N, E)``; the target where none is known."""
    return torch.cat([
        label_scores([s], 'gt' if is_labelled(s) else 'target', num_classes,
                     device) for s in samples
    ])
