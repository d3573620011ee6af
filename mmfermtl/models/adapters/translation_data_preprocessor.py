from typing import Any, Dict, List

import torch
from mmengine.model import ImgDataPreprocessor
from mmengine.structures import BaseDataElement
from torch import Tensor

from ...registry import MODELS
from ...structures import (ExpressionDataSample, check_image_sizes,
                           to_network_range, to_picture)
from .label_planes import join_label

#: mmagic's samples take no label under a name of ours.
KEPT = ('gt_img', 'target_label', 'target_score')


class SampleList(list):
    """Samples in the one call that mmagic makes of its stacked ones."""

    def split(self) -> List[BaseDataElement]:
        """The samples."""
        return self


@MODELS.register_module()
class TranslationDataPreprocessor(ImgDataPreprocessor):
    """Batches of our datasets for mmagic's translation models.

    It bridges one assumption: a translation model goes from one domain to
    another, and passes the source image alone. Here the domains are
    ``source``, the face with the wanted expression as planes beside it, and
    ``target``, the person's real face with that expression. A face without
    such an image is trained to be painted as it is. Ours.

    Args:
        num_classes (int): Number of expressions ``E``.
        **kwargs: See MMEngine's ``ImgDataPreprocessor``; ``mean`` and
            ``std`` are set.

    Raises:
        ValueError: If images differ in size, if a face has no target, or, to
            train, neither that nor a label.
    """

    def __init__(self, num_classes: int, **kwargs) -> None:
        super().__init__(mean=[127.5], std=[127.5], **kwargs)
        self.num_classes = num_classes

    def forward(self, data: dict, training: bool = False) -> Dict[str, Any]:
        """Prepare a batch.

        Args:
            data (dict): ``inputs``, images ``(C, H, W)`` uint8, and
                ``data_samples`` with ``target_label`` or ``target_score``,
                and ``gt_img``.
            training (bool): Whether every face needs a truth, which for
                those without one is the face itself. Defaults to False.

        Returns:
            dict: ``inputs``, a dict of ``img_source``
            ``(N, C + E, H, W)`` and, where all have a truth, ``img_target``
            ``(N, C, H, W)``, both in [-1, 1]; and ``data_samples``
            without labels, which mmagic keeps in another form.
        """
        check_image_sizes(data['inputs'], data['data_samples'])
        data = super().forward(data, training)
        samples, images = data['data_samples'], data['inputs']
        # Nobody knows how these would look: they keep their expression.
        lonely = ['gt_img' not in sample for sample in samples]
        scores = torch.stack([
            self._score(sample, 'gt' if training and alone else 'target')
            for sample, alone in zip(samples, lonely)
        ])
        inputs = dict(img_source=join_label(images, scores))
        if training or not any(lonely):
            inputs['img_target'] = torch.stack([
                image if alone else to_network_range(
                    sample.gt_img.to(image.device))
                for sample, image, alone in zip(samples, images, lonely)
            ])
        return dict(
            inputs=inputs, data_samples=SampleList(map(_strip, samples)))

    def destruct(self,
                 batch: Tensor,
                 data_samples: Any = None,
                 key: str = 'img') -> Tensor:
        """From the range of the networks to pictures, as mmagic asks for it.

        Args:
            batch (Tensor): ``(..., C, H, W)`` in [-1, 1].
            data_samples (Any): Not looked at. Defaults to None.
            key (str): Not looked at. Defaults to ``'img'``.

        Returns:
            Tensor: Same shape, uint8.
        """
        return to_picture(batch)

    def _score(self, sample: ExpressionDataSample, kind: str) -> Tensor:
        """The shown (``'gt'``) or wanted (``'target'``) expression, (E, )."""
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
    """What mmagic can take over into a sample of its own."""
    stripped = BaseDataElement(metainfo=sample.metainfo)
    for key in KEPT:
        if key in sample:
            stripped.set_field(sample.get(key), key)
    return stripped
