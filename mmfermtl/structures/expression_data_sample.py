from functools import partialmethod
from typing import Sequence, Union

import numpy as np
import torch
from mmengine.structures import BaseDataElement

LabelType = Union[int, np.integer, Sequence[int], np.ndarray, torch.Tensor]
ScoreType = Union[Sequence[float], np.ndarray, torch.Tensor]


class ExpressionDataSample(BaseDataElement):
    """Annotations and predictions of one face image.

    The recognition fields have mmpretrain's names, so that its metrics,
    visualizers and heads work on these samples. ``E`` is the number of
    expressions.

    Data fields:
        - ``gt_label`` (Tensor): ``(1, )`` int64, the expression of the image;
          -1 if it is unknown.
        - ``gt_score`` (Tensor): ``(E, )``, soft ground truth, if any.
        - ``pred_label`` (Tensor): ``(1, )`` int64.
        - ``pred_score`` (Tensor): ``(E, )``, a probability vector.
        - ``target_label`` (Tensor): ``(1, )`` int64, the expression to
          synthesize.
        - ``target_score`` (Tensor): ``(E, )``, the target as a probability
          vector; takes precedence over ``target_label``.
        - ``gt_img`` (Tensor): ``(C, H, W)`` uint8, the paired target image:
          a real image of the same subject with the target expression. Absent
          when there is none.
        - ``fake_img`` (Tensor): ``(C, H, W)`` uint8, the generated image.
        - ``fake_imgs`` (Tensor): ``(E, C, H, W)`` uint8, one image per
          expression, on request.
        - ``cycle_imgs`` (Tensor): ``(T, C, H, W)`` uint8, generated images of
          other expressions mapped back to the source's, for metrics.
        - ``sweep_imgs`` (Tensor): ``(T, S, C, H, W)`` uint8, ``S`` rising
          intensities of each of ``sweep_targets``, for metrics.

    Meta fields: ``img_path``, ``img_shape``, ``ori_shape``, ``sample_idx``,
    ``dataset``, ``subject``, ``sequence``, ``generated``, ``num_classes``,
    ``mixed_target`` (whether the target was drawn as a mixture, which no real
    image shows), ``sweep_targets``.

    Examples:
        >>> sample = ExpressionDataSample().set_gt_label(3)
        >>> sample.gt_label
        tensor([3])
    """

    def _set_label(self, name: str,
                   value: LabelType) -> 'ExpressionDataSample':
        """Store a label as ``(1, )`` int64."""
        # mmpretrain's DataSample refuses np.int64, which indexing an array of
        # labels gives; as_tensor takes it.
        label = torch.as_tensor(value, dtype=torch.int64).reshape(-1)
        self.set_field(label, name, dtype=torch.Tensor)
        return self

    def _set_score(self, name: str,
                   value: ScoreType) -> 'ExpressionDataSample':
        """Store a vector ``(E, )``, the same ``E`` for all fields."""
        score = torch.as_tensor(value)
        if score.ndim != 1:
            raise ValueError(f'{name} must be a vector (E, ), got shape '
                             f'{tuple(score.shape)}')
        known = self.get('num_classes')
        if known is not None and known != len(score):
            raise ValueError(f'{name} has {len(score)} entries, but the '
                             f'sample belongs to {known} classes')
        self.set_field(score, name, dtype=torch.Tensor)
        if known is None:
            self.set_metainfo(dict(num_classes=len(score)))
        return self

    # Each takes a value and returns the sample, so that calls can be chained.
    set_gt_label = partialmethod(_set_label, 'gt_label')
    set_pred_label = partialmethod(_set_label, 'pred_label')
    set_target_label = partialmethod(_set_label, 'target_label')
    set_gt_score = partialmethod(_set_score, 'gt_score')
    set_pred_score = partialmethod(_set_score, 'pred_score')
    set_target_score = partialmethod(_set_score, 'target_score')
