from typing import Any, Callable, Dict, Optional, Tuple, Union

import torch
from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ...registry import MODELS
from ...structures import check_image_sizes, check_paired_options
from .batch_targets import BatchTargets
from .sample_labels import (Samples, has_target, is_labelled, label_scores,
                            target_scores)


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
    has no such image, the mixed sample has none either, and where one of them
    was generated, the mixed sample counts as generated. Ours.

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
            ``std`` are fixed, because :class:`FERMTL` expects [-1, 1], and
            those that the paired image would not go through are refused.

    Raises:
        ValueError: If ``batch_augments`` comes without ``num_classes``, or
            an option is refused.

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
        check_paired_options(kwargs)
        # From [0, 255] to [-1, 1].
        super().__init__(mean=[127.5], std=[127.5], **kwargs)
        if isinstance(image_size, int):
            image_size = (image_size, image_size)
        self.image_size = image_size and tuple(image_size)
        self.num_classes = num_classes
        #: Set by a model whose losses take ``targets``: reads the samples of
        #: a training batch, which then stay on the CPU.
        self.read_targets: Optional[Callable[[Samples], BatchTargets]] = None
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
            mixed images. In the training of :class:`FERMTL` also
            ``targets``, what its losses read of the samples.

        Raises:
            ValueError: If images differ in size, or from ``image_size``, or
                if an image to mix has no label.
        """
        # Before MMEngine's method, which would pad to a common size.
        samples = data.get('data_samples')
        check_image_sizes(data['inputs'], samples, self.image_size)
        # Stacked on the CPU: one copy to the device, and few kernels there.
        if not isinstance(data['inputs'], Tensor):
            data = {**data, 'inputs': torch.stack(list(data['inputs']))}
        if training and self.batch_augments is not None:
            data = self._mix(data)
        if not training or samples is None or self.read_targets is None:
            return super().forward(data, training)
        # On the CPU too, where no label makes the device wait.
        targets = self.read_targets(data['data_samples'])
        samples = data['data_samples']
        # A copy: the batch is the loader's, and hooks read it afterwards.
        data = {k: v for k, v in data.items() if k != 'data_samples'}
        data = super().forward(data, training)
        targets = targets.to(data['inputs'].device)
        return {**data, 'data_samples': samples, 'targets': targets}

    def _mix(self, data: dict) -> dict:
        """Mix images ``(N, C, H, W)`` in [0, 255], and their samples.

        Target images, labels and targets are mixed by the same draws.
        """
        samples = [sample.new() for sample in data['data_samples']]
        if not all(is_labelled(sample) for sample in samples):
            raise ValueError(
                'batch_augments mixes labels, but the batch has images '
                'without one; set neutral_frames=0 in the dataset, or leave '
                'out batch_augments')
        classes, inputs = self.num_classes, data['inputs'].float()
        scores = [label_scores(samples, ['gt'] * len(samples), classes)]
        images = [inputs]
        synthesis = any(map(has_target, samples))
        if synthesis:
            paired = ['gt_img' in sample for sample in samples]
            images.append(
                torch.stack([
                    sample.gt_img.float() if pair else image
                    for sample, pair, image in zip(samples, paired, inputs)
                ]))
            scores.append(target_scores(samples, classes))
            scores.append(inputs.new_tensor(paired).unsqueeze(1))
        generated = [bool(sample.get('generated')) for sample in samples]
        scores.append(inputs.new_tensor(generated).unsqueeze(1))
        # Sources and target images are channels of one image, and all scores
        # entries of one vector, so that one draw mixes them alike.
        mixed, mixed_scores = self.batch_augments(
            torch.cat(images, dim=1), torch.cat(scores, dim=1))
        sources, real = mixed.split(
            inputs.size(1), dim=1) if synthesis else (mixed, None)
        # Below 1 if either of the mixed samples had no target image.
        paired = [share > 1 - 1e-4 for share in mixed_scores[:, -2].tolist()]
        # Above 0 if either was generated.
        generated = [share > 0 for share in mixed_scores[:, -1].tolist()]
        for i, sample in enumerate(samples):
            sample.set_gt_score(mixed_scores[i, :classes])
            if generated[i]:
                sample.set_field(True, 'generated', field_type='metainfo')
            if not synthesis:
                continue
            sample.set_target_score(mixed_scores[i, classes:2 * classes])
            if paired[i]:
                # As from the dataset, but not rounded.
                sample.set_field(real[i], 'gt_img', dtype=torch.Tensor)
            elif 'gt_img' in sample:
                del sample.gt_img
        return {**data, 'inputs': sources, 'data_samples': samples}
