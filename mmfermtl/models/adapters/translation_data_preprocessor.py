from typing import Any, Dict, List

import torch
from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ...registry import MODELS
from ...structures import ExpressionDataSample, to_network_range, to_picture
from .label_planes import join_label


class SampleList(list):
    """Samples in the one call that mmagic makes of its stacked ones."""

    def split(self) -> List[ExpressionDataSample]:
        """The samples."""
        return self


@MODELS.register_module()
class TranslationDataPreprocessor(ImgDataPreprocessor):
    """Batches of our datasets for mmagic's translation models.

    It bridges one assumption: a translation model goes from one domain to
    another, and passes the source image alone. Here the domains are
    ``source``, the face with the wanted expression as planes beside it, and
    ``target``, the person's real face with that expression. Ours.

    Args:
        num_classes (int): Number of expressions ``E``.
        **kwargs: See MMEngine's ``ImgDataPreprocessor``; ``mean`` and
            ``std`` are set.

    Raises:
        ValueError: If a face to train on has no truth.
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
            training (bool): Whether every face needs a truth. Defaults to
                False.

        Returns:
            dict: ``inputs``, a dict of ``img_source``
            ``(N, C + E, H, W)`` and, where all have a truth, ``img_target``
            ``(N, C, H, W)``, both in [-1, 1]; and ``data_samples``.
        """
        data = super().forward(data, training)
        samples = data['data_samples']
        images, device = data['inputs'], data['inputs'].device
        scores = torch.stack([self._target(s) for s in samples]).to(device)
        inputs = dict(img_source=join_label(images, scores))
        lonely = [s for s in samples if 'gt_img' not in s]
        if training and lonely:
            raise ValueError(
                f'{lonely[0].get("img_path")} has no real image of the target '
                'expression, which a translation model is trained on; set '
                'pairs=True in the dataset')
        if not lonely:
            inputs['img_target'] = torch.stack(
                [to_network_range(s.gt_img.to(device)) for s in samples])
        return dict(inputs=inputs, data_samples=SampleList(samples))

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

    def _target(self, sample: ExpressionDataSample) -> Tensor:
        if 'target_score' in sample:
            return sample.target_score.float()
        if 'target_label' not in sample:
            raise ValueError(
                f'{sample.get("img_path")} has no target expression; set '
                'pairs=True in the dataset')
        return torch.eye(self.num_classes)[int(sample.target_label)]
