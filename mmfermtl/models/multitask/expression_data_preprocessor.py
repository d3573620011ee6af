from typing import Any, Dict, Optional, Tuple, Union

import torch
from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ...registry import MODELS
from ...structures import check_image_sizes, to_network_range
from .sample_labels import (Samples, has_target, is_labelled, label_scores,
                            target_scores)


@MODELS.register_module()
class ExpressionDataPreprocessor(ImgDataPreprocessor):
    """Normalise a batch, and mix its faces as mmpretrain's classifiers do.

    A batch of images of several sizes is refused, where MMEngine's own
    preprocessor pads, and with ``image_size`` so is any other size than the
    one that the network is trained on.

    Mixup, CutMix and their like join two faces of a batch, and their labels.
    What is painted is joined in the same way: the real image of the target
    expression with the same weights or the same box, and the targets. Both
    are sums, so that a joined source, painted with the joined target, is to
    give the joined truth. Where one of the two has no such image, the joined
    sample has none either. Ours.

    Args:
        num_classes (int, optional): Number of expressions ``E``; needed to
            mix. Defaults to None.
        batch_augments (dict, optional): As in
            ``mmpretrain.ClsDataPreprocessor``: ``augments``, one or several
            of mmpretrain's batch augmentations, and ``probs``. None mixes
            nothing. Defaults to None.
        image_size (int | tuple[int, int], optional): Side, or height and
            width, that every image must have in training, tests and
            inference. None takes any size that is the same in a batch.
            Defaults to None.
        **kwargs: See MMEngine's ``ImgDataPreprocessor``; ``mean`` and
            ``std`` are set, for :class:`FERMTL` wants images in [-1, 1].

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
        super().__init__(mean=[127.5], std=[127.5], **kwargs)
        if isinstance(image_size, int):
            image_size = (image_size, image_size)
        self.image_size = image_size and tuple(image_size)
        self.num_classes = num_classes
        self.batch_augments = None
        if batch_augments is not None:
            if num_classes is None:
                raise ValueError('batch_augments mixes labels and needs '
                                 '`num_classes`; give it, too')
            # The registry of batch augmentations is mmpretrain's alone.
            owner = MODELS.build(
                dict(
                    type='mmpretrain.ClsDataPreprocessor',
                    num_classes=num_classes,
                    batch_augments=batch_augments))
            self.batch_augments = owner.batch_augments

    def forward(self, data: dict, training: bool = False) -> Dict[str, Any]:
        """Normalise, and mix if this is training.

        Args:
            data (dict): ``inputs``, images ``(C, H, W)`` uint8, and
                ``data_samples``.
            training (bool): Whether to mix. Defaults to False.

        Returns:
            dict: ``inputs``, ``(N, C, H, W)``, and ``data_samples``, whose
            ``gt_score``, ``target_score`` and ``gt_img`` are those of the
            joined faces.

        Raises:
            ValueError: If images differ in size or have not that of
                ``image_size``, or if a face to mix has no label.
        """
        check_image_sizes(data['inputs'], data.get('data_samples'),
                          self.image_size)
        data = super().forward(data, training)
        if training and self.batch_augments is not None:
            data['inputs'] = self._mix(data['inputs'], data['data_samples'])
        return data

    def _mix(self, inputs: Tensor, samples: Samples) -> Tensor:
        """Mix inputs, truths, labels and targets by the same draws."""
        if not all(is_labelled(sample) for sample in samples):
            raise ValueError(
                'batch_augments mixes labels, but the batch has faces without '
                'one; set neutral_frames=0 in the dataset, or leave out '
                'batch_augments')
        device, classes = inputs.device, self.num_classes
        scores = [label_scores(samples, 'gt', classes, device)]
        paints = has_target(samples)
        images = [inputs]
        if paints:
            paired = inputs.new_tensor([['gt_img' in s] for s in samples],
                                       dtype=torch.float32)
            scores += [target_scores(samples, classes, device), paired]
            truth = inputs.clone()
            for i, sample in enumerate(samples):
                if 'gt_img' in sample:
                    truth[i] = to_network_range(sample.gt_img.to(device))
            images.append(truth)
        # One draw for all: images side by side as channels.
        mixed, mixed_scores = self.batch_augments(
            torch.cat(images, dim=1), torch.cat(scores, dim=1))
        for i, sample in enumerate(samples):
            sample.set_gt_score(mixed_scores[i, :classes])
            if not paints:
                continue
            sample.set_target_score(mixed_scores[i, classes:2 * classes])
            if mixed_scores[i, -1] > 1 - 1e-4:
                picture = (mixed[i, inputs.size(1):] + 1) * 127.5
                sample.set_field(picture, 'gt_img', dtype=torch.Tensor)
            elif 'gt_img' in sample:
                del sample.gt_img
        return mixed[:, :inputs.size(1)]
