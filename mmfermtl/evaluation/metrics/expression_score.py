from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from torch import Tensor

from ...registry import METRICS
from ..functional.generated_images import (generated_images, read_scores,
                                           shown_label)
from .frozen_part_metric import FrozenPartMetric, Part


@METRICS.register_module()
class ExpressionScore(FrozenPartMetric):
    """How often an independent classifier reads painted faces as meant.

    The judge must be trained on real faces of the same training fold, by
    itself: the recogniser that was trained with the generator has learned to
    agree with it. Gives, in percent,

    - ``expression/score``: painted faces read as their target;
    - ``expression/score_changed``: of these, those whose target is not what
      the source shows anyway;
    - ``expression/ceiling``: real faces read as their label;

    and ``expression/images``, the number of painted faces, and
    ``expression/confusion``, their counts by target (row) and reading.

    Args:
        judge (dict | nn.Module, optional): The classifier, for example
            ``mmfermtl.TrainedModel``, with ``fold`` so that one of another
            fold is refused. Defaults to None, no score.
        **kwargs: See :class:`FrozenPartMetric`.

    Examples:
        >>> dict(
        ...     type='mmfermtl.ExpressionScore',
        ...     judge=dict(
        ...         type='mmfermtl.TrainedModel',
        ...         config='configs/single_task/fer_ckplus48.py',
        ...         checkpoint='work_dirs/fer_ckplus48/epoch_40.pth',
        ...         fold=0))
    """

    default_prefix = 'expression'

    def __init__(self, judge: Part = None, **kwargs) -> None:
        super().__init__(judge, 'judge', **kwargs)

    def look(self, pictures: List[Tensor],
             samples: Sequence[dict]) -> List[Optional[dict]]:
        """Read the real faces and the painted ones."""
        painted = [generated_images(sample) for sample in samples]
        faces = [face for _, faces in painted for face in faces]
        scores = read_scores(self.part, pictures + faces)
        self._check_classes(scores.shape[1])
        readings = iter(scores.argmax(1).tolist())
        real = [next(readings) for _ in pictures]
        return [
            dict(
                label=shown_label(sample),
                real=reading,
                targets=targets,
                readings=[next(readings)
                          for _ in targets]) if targets else None
            for sample, reading, (targets, _) in zip(samples, real, painted)
        ]

    def _check_classes(self, number: int) -> None:
        classes = (self.dataset_meta or {}).get('classes')
        if classes is not None and len(classes) != number:
            raise ValueError(
                f'ExpressionScore: the judge knows {number} classes, the '
                f'dataset has {len(classes)} ({", ".join(classes)}); train '
                'the judge on the same classes')

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Count the hits."""
        pairs = np.array([(t, r, row['label']) for row in found
                          for t, r in zip(row['targets'], row['readings'])])
        target, reading, own = pairs.T
        known = [row for row in found if row['label'] >= 0]
        size = int(pairs.max()) + 1
        if self.dataset_meta and 'classes' in self.dataset_meta:
            size = len(self.dataset_meta['classes'])
        confusion = np.zeros((size, size), np.int64)
        np.add.at(confusion, (target, reading), 1)
        metrics = dict(score=100 * float((target == reading).mean()))
        changed = target != own
        if changed.any():
            metrics['score_changed'] = 100 * float(
                (target == reading)[changed].mean())
        if known:
            metrics['ceiling'] = 100 * float(
                np.mean([row['label'] == row['real'] for row in known]))
        return dict(metrics, images=len(pairs), confusion=confusion.tolist())
