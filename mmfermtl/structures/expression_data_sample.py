from typing import Sequence, Union

import numpy as np
import torch
from mmengine.structures import BaseDataElement

LabelType = Union[int, np.integer, Sequence[int], np.ndarray, torch.Tensor]
ScoreType = Union[Sequence[float], np.ndarray, torch.Tensor]


class ExpressionDataSample(BaseDataElement):
    """What is known and predicted about one face.

    The recognition fields carry mmpretrain's names, so that its metrics,
    visualizers and heads work on these samples. ``E`` is the number of
    expressions.

    Data fields:
        - ``gt_label`` (Tensor): ``(1, )`` int64, the shown expression.
        - ``gt_score`` (Tensor): ``(E, )``, soft ground truth, if any.
        - ``pred_label`` (Tensor): ``(1, )`` int64.
        - ``pred_score`` (Tensor): ``(E, )``, a probability vector.
        - ``target_label`` (Tensor): ``(1, )`` int64, the expression to paint.
        - ``target_score`` (Tensor): ``(E, )``, the target as a probability
          vector; it wins over ``target_label``.
        - ``gt_img`` (Tensor): ``(C, H, W)`` uint8, a real image of the same
          person with the target expression. Absent when there is none.
        - ``fake_img`` (Tensor): ``(C, H, W)`` uint8, the painted image.
        - ``fake_imgs`` (Tensor): ``(E, C, H, W)`` uint8, one image for each
          expression, on request.
        - ``cycle_imgs`` (Tensor): ``(T, C, H, W)`` uint8, paintings of other
          expressions painted back, for metrics.
        - ``sweep_imgs`` (Tensor): ``(T, S, C, H, W)`` uint8, ``S`` rising
          intensities of each of ``sweep_targets``, for metrics.

    Meta fields: ``img_path``, ``img_shape``, ``ori_shape``, ``sample_idx``,
    ``dataset``, ``subject``, ``sequence``, ``generated``, ``num_classes``,
    ``sweep_targets``.

    Examples:
        >>> sample = ExpressionDataSample().set_gt_label(3)
        >>> sample.gt_label
        tensor([3])
    """

    def _set_label(self, name: str,
                   value: LabelType) -> 'ExpressionDataSample':
        label = torch.as_tensor(value, dtype=torch.int64).reshape(-1)
        self.set_field(label, name, dtype=torch.Tensor)
        return self

    def _set_score(self, name: str,
                   value: ScoreType) -> 'ExpressionDataSample':
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

    def set_gt_label(self, value: LabelType) -> 'ExpressionDataSample':
        """Set ``gt_label``."""
        return self._set_label('gt_label', value)

    def set_gt_score(self, value: ScoreType) -> 'ExpressionDataSample':
        """Set ``gt_score``."""
        return self._set_score('gt_score', value)

    def set_pred_label(self, value: LabelType) -> 'ExpressionDataSample':
        """Set ``pred_label``."""
        return self._set_label('pred_label', value)

    def set_pred_score(self, value: ScoreType) -> 'ExpressionDataSample':
        """Set ``pred_score``."""
        return self._set_score('pred_score', value)

    def set_target_label(self, value: LabelType) -> 'ExpressionDataSample':
        """Set ``target_label``."""
        return self._set_label('target_label', value)

    def set_target_score(self, value: ScoreType) -> 'ExpressionDataSample':
        """Set ``target_score``."""
        return self._set_score('target_score', value)
