"""Reach the painted faces of a sample, and read faces with a classifier."""
from typing import Any, Dict, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from ...structures import ExpressionDataSample

_CHUNK = 256


def generated_images(sample: Dict[str, Any]) -> Tuple[List[int], Tensor]:
    """Targets and paintings of one sample.

    Args:
        sample (dict): With ``fake_imgs`` (one for each expression), or with
            ``fake_img`` and ``target_label`` or ``target_score``.

    Returns:
        tuple: The ``T`` target labels, and ``(T, C, H, W)`` uint8; none of
        either if nothing was painted.
    """
    if 'fake_imgs' in sample:
        pictures = sample['fake_imgs']
        return list(range(len(pictures))), pictures
    if 'fake_img' in sample:
        if 'target_score' in sample:
            return [int(sample['target_score'].argmax())
                    ], sample['fake_img'][None]
        if 'target_label' in sample:
            return [int(sample['target_label'])], sample['fake_img'][None]
    return [], torch.empty(0)


def shown_label(sample: Dict[str, Any]) -> int:
    """Label of the real face of a sample, -1 if it is not known."""
    return int(sample['gt_label']) if 'gt_label' in sample else -1


@torch.no_grad()
def read_scores(judge: nn.Module, pictures: Sequence[Tensor]) -> Tensor:
    """Probabilities that a classifier gives.

    Args:
        judge (nn.Module): :class:`~mmfermtl.models.FERMTL` or any classifier
            of mmpretrain; its own data preprocessor is used.
        pictures (Sequence[Tensor]): ``N`` pictures ``(C, H, W)`` uint8.

    Returns:
        Tensor: ``(N, E)`` float32 on the CPU.
    """
    scores = []
    for start in range(0, len(pictures), _CHUNK):
        part = list(pictures[start:start + _CHUNK])
        samples = judge.test_step(
            dict(
                inputs=part,
                data_samples=[ExpressionDataSample() for _ in part]))
        scores += [sample.pred_score.float().cpu() for sample in samples]
    return torch.stack(scores) if scores else torch.empty(0)
