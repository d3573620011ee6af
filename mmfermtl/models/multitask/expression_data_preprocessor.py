from typing import Any, Dict, Optional, Tuple, Union

import torch
from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ...registry import MODELS
from ...structures import check_image_sizes
from .sample_labels import (Samples, has_target, is_labelled, label_scores,
                            paired_images, target_scores)


@MODELS.register_module()
class ExpressionDataPreprocessor(ImgDataPreprocessor):
    """Normalise a batch, and mix its images as mmpretrain's classifiers do.

    A batch of images of several sizes is refused, where MMEngine's
    preprocessor would pad, and with ``image_size`` any other size than that
    of the training is.

    Mixup, CutMix and similar augmentations mix two images of a batch, and
    their labels. For synthesis, the targets and the paired target images are
    mixed with the same weights or the same box, so that the mixed source with
    the mixed target should give the mixed target image. Where one of the two
    has no such image, the mixed sample has none either. Ours.

    Args:
        num_classes (int, optional): Number of expressions ``E``; needed for
            mixing. Defaults to None.
        batch_augments (dict, optional): As in
            ``mmpretrain.ClsDataPreprocessor``: ``augments``, one or several
            of mmpretrain's batch augmentations, and ``probs``. None disables
            mixing. Defaults to None.
        image_size (int | tuple[int, int], optional): Side, or height and
            width, that every image must have in training, tests and
            inference. None accepts any size that is the same in a batch.
            Defaults to None.
        **kwargs: See MMEngine's ``ImgDataPreprocessor``; ``mean`` and
            ``std`` are fixed, because :class:`FERMTL` expects [-1, 1].

    Raises:
        ValueError: If ``batch_augments`` comes without ``num_classes``.

    Examples:
        >>> data_preprocessor = dict(
        ...     type='mmfermtl.ExpressionDataPreprocessor',
        ...     num_classes=7,
        ...     batch_augments=dict(
        ...         augments=[
        ...             dict(type='mmpretrain.Mixup', alpha=0.2),
        ...             dict(type='mmpretrain.CutMix', alpha=1.)
        ...         ],
        ...         probs=[0.3, 0.3]))
    """

    def __init__(self,
                 num_classes: Optional[int] = None,
                 batch_augments: Optional[dict] = None,
                 image_size: Union[int, Tuple[int, int], None] = None,
                 **kwargs) -> None:
        # From [0, 255] to [-1, 1].
        super().__init__(mean=[127.5], std=[127.5], **kwargs)
        if isinstance(image_size, int):
            image_size = (image_size, image_size)
        self.image_size = image_size and tuple(image_size)
        self.num_classes = num_classes
        self.batch_augments = None
        if batch_augments is not None:
            if num_classes is None:
                raise ValueError('batch_augments mixes labels and needs '
                                 '`num_classes`; give it too')
            # Batch augmentations are in a registry of mmpretrain that
            # MMEngine's registries cannot reach, so its preprocessor builds
            # them.
            owner = MODELS.build(
                dict(
                    type='mmpretrain.ClsDataPreprocessor',
                    num_classes=num_classes,
                    batch_augments=batch_augments))
            self.batch_augments = owner.batch_augments

    def forward(self, data: dict, training: bool = False) -> Dict[str, Any]:
        """Normalise, and mix if this is training.

        Args:
            data (dict): ``inputs``, ``N`` images ``(C, H, W)`` uint8, and
                ``data_samples``.
            training (bool): Whether to mix. Defaults to False.

        Returns:
            dict: ``inputs``, ``(N, C, H, W)`` in [-1, 1], and
            ``data_samples``. After mixing these have ``gt_score`` and
            ``target_score`` ``(E, )`` and ``gt_img`` ``(C, H, W)`` of the
            mixed images.

        Raises:
            ValueError: If images differ in size, or from ``image_size``, or
                if an image to mix has no label.
        """
        # Before MMEngine's method, which would pad to a common size.
        check_image_sizes(data['inputs'], data.get('data_samples'),
                          self.image_size)
        data = super().forward(data, training)
        if training and self.batch_augments is not None:
            data['inputs'] = self._mix(data['inputs'], data['data_samples'])
        return data

    def _mix(self, inputs: Tensor, samples: Samples) -> Tensor:
        """Mix images ``(N, C, H, W)`` in [-1, 1], and their samples in place.

        Target images, labels and targets are mixed by the same draws.
        """
        if not all(is_labelled(sample) for sample in samples):
            raise ValueError(
                'batch_augments mixes labels, but the batch has images '
                'without one; set neutral_frames=0 in the dataset, or leave '
                'out batch_augments')
        device, classes = inputs.device, self.num_classes
        scores = [label_scores(samples, 'gt', classes, device)]
        images = [inputs]
        synthesis = any(map(has_target, samples))
        if synthesis:
            real, paired = paired_images(inputs, samples)
            scores.append(target_scores(samples, classes, device))
            scores.append(paired.float().unsqueeze(1))
            images.append(real)
        # Sources and target images are channels of one image, and all scores
        # entries of one vector, so that one draw mixes them alike.
        mixed, mixed_scores = self.batch_augments(
            torch.cat(images, dim=1), torch.cat(scores, dim=1))
        for i, sample in enumerate(samples):
            sample.set_gt_score(mixed_scores[i, :classes])
            if not synthesis:
                continue
            sample.set_target_score(mixed_scores[i, classes:2 * classes])
            # Below 1 if either of the mixed samples had no target image.
            if mixed_scores[i, -1] > 1 - 1e-4:
                # In [0, 255] as from the dataset, but not rounded.
                image = (mixed[i, inputs.size(1):] + 1) * 127.5
                sample.set_field(image, 'gt_img', dtype=torch.Tensor)
            elif 'gt_img' in sample:
                del sample.gt_img
        return mixed[:, :inputs.size(1)]
