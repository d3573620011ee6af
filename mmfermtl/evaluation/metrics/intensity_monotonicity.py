from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from torch import Tensor

from ...registry import METRICS
from ..functional.generated_images import read_scores
from ..functional.intensity import intensity_scores
from .frozen_part_metric import FrozenPartMetric, Part


@METRICS.register_module()
class IntensityMonotonicity(FrozenPartMetric):
    """Whether an expression grows as the intensity of its target does.

    A sweep leads from the source's own expression (0) to another one (1)
    over mixtures of both; the judge gives the probability of the other one.
    Gives ``intensity/rising``, the share of sweeps in percent along which it
    rises, and ``intensity/spearman``, the mean rank correlation with the
    intensity; ``intensity/sweeps`` is their number. Samples have
    ``sweep_imgs`` ``(T, S, C, H, W)`` and ``sweep_targets``, as
    :func:`~mmfermtl.apis.synthesis_evaluation.evaluate_synthesis` paints.

    Args:
        judge (dict | nn.Module, optional): See :class:`ExpressionScore`.
            Defaults to None, no score.
        tolerance (float): By how much a probability may fall from one step
            to the next. Defaults to 0.01.
        **kwargs: See :class:`FrozenPartMetric`.
    """

    default_prefix = 'intensity'

    def __init__(self,
                 judge: Part = None,
                 tolerance: float = 0.01,
                 **kwargs) -> None:
        super().__init__(judge, 'judge', **kwargs)
        self.tolerance = tolerance

    def look(self, pictures: List[Tensor],
             samples: Sequence[dict]) -> List[Optional[dict]]:
        """Read the faces of all sweeps."""
        faces = [
            face for sample in samples if 'sweep_imgs' in sample
            for face in sample['sweep_imgs'].flatten(0, 1)
        ]
        scores = read_scores(self.part, faces).numpy()
        found: List[Optional[dict]] = []
        start = 0
        for sample in samples:
            if 'sweep_imgs' not in sample or not len(sample['sweep_targets']):
                found.append(None)
                continue
            targets, steps = sample['sweep_imgs'].shape[:2]
            part = scores[start:start + targets * steps]
            start += targets * steps
            part = part.reshape(targets, steps, -1)
            found.append(
                dict(sweeps=[
                    part[k, :, target]
                    for k, target in enumerate(sample['sweep_targets'])
                ]))
        return found

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Average over the sweeps."""
        sweeps = np.stack([one for row in found for one in row['sweeps']])
        rising, spearman = intensity_scores(sweeps, self.tolerance)
        return dict(
            rising=100 * float(rising.mean()),
            spearman=float(spearman.mean()),
            sweeps=len(sweeps))
