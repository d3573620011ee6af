"""Access the generated images of a sample, and classify images."""
from typing import Any, Dict, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from ...structures import ExpressionDataSample

#: Images per pass of the classifier, to bound its memory.
_CHUNK = 256


def generated_images(sample: Dict[str, Any]) -> Tuple[List[int], Tensor]:
    """Return the targets and the generated images of one sample.

    Args:
        sample (dict): With ``fake_imgs`` (one per expression), or with
            ``fake_img`` and ``target_label`` or ``target_score``.

    Returns:
        tuple: The ``T`` target labels, and ``(T, C, H, W)`` uint8; both empty
        if nothing was generated.
    """
    if 'fake_imgs' in sample:
        images = sample['fake_imgs']
        return list(range(len(images))), images
    if 'fake_img' in sample:
        # Of a mixture, the strongest expression counts.
        if 'target_score' in sample:
            return [int(sample['target_score'].argmax())
                    ], sample['fake_img'][None]
        if 'target_label' in sample:
            return [int(sample['target_label'])], sample['fake_img'][None]
    return [], torch.empty(0)


@torch.no_grad()
def read_scores(classifier: nn.Module, images: Sequence[Tensor]) -> Tensor:
    """Compute the class probabilities of images.

    Args:
        classifier (nn.Module): :class:`~mmfermtl.models.FERMTL` or any
            classifier of mmpretrain; its own data preprocessor is used.
        images (Sequence[Tensor]): ``N`` images ``(C, H, W)`` uint8.

    Returns:
        Tensor: ``(N, E)`` float32 on the CPU.
    """
    scores = []
    for start in range(0, len(images), _CHUNK):
        part = list(images[start:start + _CHUNK])
        samples = classifier.test_step(
            dict(
                inputs=part,
                data_samples=[ExpressionDataSample() for _ in part]))
        scores += [sample.pred_score.float().cpu() for sample in samples]
    return torch.stack(scores) if scores else torch.empty(0)
