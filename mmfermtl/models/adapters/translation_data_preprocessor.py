from typing import Any, Dict, List

import torch
from mmengine.model import ImgDataPreprocessor
from mmengine.structures import BaseDataElement
from torch import Tensor

from ...registry import MODELS
from ...structures import (ExpressionDataSample, check_image_sizes,
                           check_paired_options, to_network_range, to_picture)
from .label_planes import join_label

#: Fields that mmagic's samples accept; they refuse ``gt_label``, for example.
KEPT_FIELDS = ('gt_img', 'target_label', 'target_score')


class SampleList(list):
    """List of samples with the method that mmagic calls on stacked ones."""

    def split(self) -> List[BaseDataElement]:
        """Return the samples."""
        return self


@MODELS.register_module()
class TranslationDataPreprocessor(ImgDataPreprocessor):
    """Prepare batches of our datasets for mmagic's translation models.

    A translation model maps one domain to another, and passes on the source
    image only. Here the domains are ``source``, the image with the target
    expression as additional planes, and ``target``, a real image of the
    subject with that expression. An image without such a pair is trained to
    be reconstructed. Ours.

    Args:
        num_classes (int): Number of expressions ``E``.
        **kwargs: See MMEngine's ``ImgDataPreprocessor``; ``mean`` and
            ``std`` are fixed, and those that the paired image would not go
            through are refused.

    Raises:
        ValueError: If images differ in size, or an image has no target, and
            in training neither a paired image nor a label.
    """

    def __init__(self, num_classes: int, **kwargs) -> None:
        check_paired_options(kwargs)
        # From [0, 255] to [-1, 1].
        super().__init__(mean=[127.5], std=[127.5], **kwargs)
        self.num_classes = num_classes

    def forward(self, data: dict, training: bool = False) -> Dict[str, Any]:
        """Prepare a batch.

        Args:
            data (dict): ``inputs``, ``N`` images ``(C, H, W)`` uint8, and
                ``data_samples`` with ``target_label`` or ``target_score``,
                and ``gt_img``.
            training (bool): Whether every image needs a ground truth, which
                for those without a pair is the image itself. Defaults to
                False.

        Returns:
            dict: ``inputs``, a dict of ``img_source``
            ``(N, C + E, H, W)`` and, where all have a ground truth,
            ``img_target`` ``(N, C, H, W)``, both in [-1, 1]; and
            ``data_samples`` without labels, which mmagic stores in another
            form.
        """
        check_image_sizes(data['inputs'], data['data_samples'])
        data = super().forward(data, training)
        samples, images = data['data_samples'], data['inputs']
        unpaired = ['gt_img' not in sample for sample in samples]
        # In training an image without a pair is its own ground truth, so its
        # target must be the expression that it shows.
        scores = torch.stack([
            self._score(sample, 'gt' if training and own else 'target')
            for sample, own in zip(samples, unpaired)
        ])
        inputs = dict(img_source=join_label(images, scores))
        if training or not any(unpaired):
            inputs['img_target'] = torch.stack([
                image if own else to_network_range(
                    sample.gt_img.to(image.device))
                for sample, image, own in zip(samples, images, unpaired)
            ])
        return dict(
            inputs=inputs, data_samples=SampleList(map(_strip, samples)))

    def destruct(self,
                 batch: Tensor,
                 data_samples: Any = None,
                 key: str = 'img') -> Tensor:
        """Convert ``(..., C, H, W)`` in [-1, 1] to uint8 for mmagic."""
        return to_picture(batch)

    def _score(self, sample: ExpressionDataSample, kind: str) -> Tensor:
        """Return the ``'gt'`` or ``'target'`` expression as ``(E, )``."""
        if f'{kind}_score' in sample:
            return sample.get(f'{kind}_score').float().cpu()
        label = int(sample.get(f'{kind}_label', -1))
        if not 0 <= label < self.num_classes:
            raise ValueError(
                f'{sample.get("img_path")} has no real image of a target '
                f'expression and {kind}_label={label}; set pairs=True and '
                'neutral_frames=0 in the dataset')
        return torch.eye(self.num_classes)[label]


def _strip(sample: ExpressionDataSample) -> BaseDataElement:
    """Return a sample with only the fields that mmagic's samples accept."""
    stripped = BaseDataElement(metainfo=sample.metainfo)
    for key in KEPT_FIELDS:
        if key in sample:
            stripped.set_field(sample.get(key), key)
    return stripped
