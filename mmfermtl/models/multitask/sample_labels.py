"""Read expressions and paired target images from the samples of a batch.

A label of -1 means that the expression of an image is unknown. Such samples,
the neutral frames of a sequence for example, are sources for synthesis only.
"""
from typing import Dict, List, Sequence, Tuple

import torch
from torch import Tensor

from ...structures import ExpressionDataSample, to_network_range

Samples = List[ExpressionDataSample]


def has_target(sample: ExpressionDataSample) -> bool:
    """Return whether a sample has an expression to synthesize."""
    return 'target_label' in sample or 'target_score' in sample


def is_labelled(sample: ExpressionDataSample) -> bool:
    """Return whether the expression of the image is known."""
    if 'gt_score' in sample:
        return True
    return 'gt_label' in sample and int(sample.gt_label) >= 0


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
    return int(sample.target_label) == int(sample.gt_label)


def split_generated(samples: Samples) -> Tuple[List[int], List[int]]:
    """Return the positions of real images, and of generated ones."""
    parts: Tuple[List[int], List[int]] = ([], [])
    for i, sample in enumerate(samples):
        # Absent in samples of other packages.
        parts[bool(sample.get('generated'))].append(i)
    return parts


def select(inputs: Tensor, samples: Samples,
           rows: List[int]) -> Tuple[Tensor, Samples]:
    """Select rows of images ``(N, C, H, W)`` and of their ``N`` samples."""
    # The whole batch is returned as it is, without a copy.
    if len(rows) == len(samples):
        return inputs, samples
    return inputs[rows], [samples[i] for i in rows]


def mean_losses(losses: Sequence[Dict[str, Tensor]],
                samples: Sequence[Samples]) -> Dict[str, Tensor]:
    """Average the losses of the parts of a batch.

    Args:
        losses (Sequence[dict[str, Tensor]]): Means over each part, scalars.
        samples (Sequence[list]): Samples of each part, of which the labelled
            ones count.

    Returns:
        dict[str, Tensor]: Means over all parts, scalars.
    """
    counts = [sum(map(is_labelled, part)) for part in samples]
    total = max(sum(counts), 1)
    return {
        name: sum(part[name] * (n / total) for part, n in zip(losses, counts))
        for name in losses[0]
    }


def paired_images(inputs: Tensor, samples: Samples) -> Tuple[Tensor, Tensor]:
    """Collect the paired target images of a batch.

    Args:
        inputs (Tensor): Sources, ``(N, C, H, W)`` in [-1, 1].
        samples (list): ``N`` samples, some with ``gt_img``.

    Returns:
        tuple[Tensor, Tensor]: Images ``(N, C, H, W)`` in [-1, 1], the source
        itself where there is no pair; and ``(N, )`` bool, true where there
        is one.
    """
    images = inputs.clone()
    paired = ['gt_img' in sample for sample in samples]
    for i, sample in enumerate(samples):
        if paired[i]:
            images[i] = to_network_range(sample.gt_img.to(inputs.device))
    return images, inputs.new_tensor(paired, dtype=torch.bool)


def label_scores(samples: Samples, kind: str, num_classes: int,
                 device: torch.device) -> Tensor:
    """Convert expressions of samples to vectors.

    Args:
        samples (list): ``N`` samples.
        kind (str): ``'gt'`` or ``'target'``.
        num_classes (int): Number of expressions ``E``.
        device (torch.device): Device of the result.

    Returns:
        Tensor: ``(N, E)``, the scores, or else the labels as one-hot vectors.

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
            row = torch.eye(num_classes)[int(label)]  # (E, ), one-hot
        rows.append(row.to(device))
    return torch.stack(rows)


def target_scores(samples: Samples, num_classes: int,
                  device: torch.device) -> Tensor:
    """Return the targets ``(N, E)``, the shown expression if there is none."""
    return torch.cat([
        label_scores([s], 'target' if has_target(s) else 'gt', num_classes,
                     device) for s in samples
    ])


def source_scores(samples: Samples, num_classes: int,
                  device: torch.device) -> Tensor:
    """Return the shown expressions ``(N, E)``, the target if unknown."""
    return torch.cat([
        label_scores([s], 'gt' if is_labelled(s) else 'target', num_classes,
                     device) for s in samples
    ])
