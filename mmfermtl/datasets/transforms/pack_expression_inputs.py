from typing import Sequence

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from ...structures import ExpressionDataSample


@TRANSFORMS.register_module()
class PackExpressionInputs(BaseTransform):
    """Pack an image and its annotations for the model.

    Required keys: ``img``, ``(H, W)`` or ``(H, W, C)`` uint8. Optional keys:
    ``gt_label``, ``gt_score`` ``(E, )``, ``target_label``,
    ``target_score`` ``(E, )``, ``target_img`` and the meta keys.

    Added keys:
        - ``inputs`` (Tensor): ``(C, H, W)`` uint8.
        - ``data_samples`` (:obj:`ExpressionDataSample`): with ``gt_label``,
          ``gt_score``, ``target_label``, ``target_score`` and ``gt_img``,
          ``(C, H, W)`` uint8, if known; ``mixed_target`` is true with a
          target score.

    Args:
        meta_keys (Sequence[str]): Keys that become meta information of the
            sample where they exist. Defaults to ``('img_path', 'img_shape',
            'ori_shape', 'sample_idx', 'dataset', 'subject', 'sequence',
            'generated')``; :class:`~mmfermtl.evaluation.SequenceAccuracy`
            needs the three before the last.

    Raises:
        ValueError: If the source and its target image differ in shape.
    """

    #: Draws nothing from the global generators.
    global_draws = False

    def __init__(
        self,
        meta_keys: Sequence[str] = ('img_path', 'img_shape', 'ori_shape',
                                    'sample_idx', 'dataset', 'subject',
                                    'sequence', 'generated')
    ) -> None:
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Return ``dict(inputs=..., data_samples=...)``."""
        img = results['img']
        sample = ExpressionDataSample()
        if 'gt_label' in results:
            sample.set_gt_label(results['gt_label'])
        if 'gt_score' in results:
            sample.set_gt_score(
                torch.as_tensor(results['gt_score'], dtype=torch.float32))
        if 'target_label' in results:
            sample.set_target_label(results['target_label'])
        if 'target_score' in results:
            sample.set_target_score(
                torch.as_tensor(results['target_score'], dtype=torch.float32))
            sample.set_metainfo(dict(mixed_target=True))
        if 'target_img' in results:
            target = results['target_img']
            if target.shape != img.shape:
                raise ValueError(
                    f'source {results.get("img_path")} has shape {img.shape}, '
                    f'its target {results.get("target_img_path")} '
                    f'{target.shape}; resize both, for example in '
                    'mmfermtl.ApplyToPair')
            sample.set_field(_to_tensor(target), 'gt_img', dtype=torch.Tensor)
        sample.set_metainfo(
            {k: results[k]
             for k in self.meta_keys if k in results})
        return dict(inputs=_to_tensor(img), data_samples=sample)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(meta_keys={self.meta_keys})'


def _to_tensor(img: np.ndarray) -> torch.Tensor:
    """Turn ``(H, W)`` or ``(H, W, C)`` into a ``(C, H, W)`` tensor."""
    img = img[..., None] if img.ndim == 2 else img
    return torch.from_numpy(np.ascontiguousarray(img.transpose(2, 0, 1)))
