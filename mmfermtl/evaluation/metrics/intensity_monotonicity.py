from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from torch import Tensor

from ...registry import METRICS
from ...utils.deprecation import renamed_arguments
from ..functional.generated_images import read_scores
from ..functional.intensity import intensity_scores
from .frozen_network_metric import FrozenNetworkMetric, Network


@METRICS.register_module()
class IntensityMonotonicity(FrozenNetworkMetric):
    """Measure whether an expression grows with the intensity of its target.

    A sweep leads from the expression of the source (0) to another one (1)
    over mixtures of both; an evaluation classifier gives the probability of
    the other one. Gives ``intensity/rising``, the percentage of sweeps along
    which it rises, and ``intensity/spearman``, the mean rank correlation with
    the intensity; ``intensity/sweeps`` is their number. Samples have
    ``sweep_imgs`` ``(T, S, C, H, W)`` uint8 and ``sweep_targets``, as
    :func:`~mmfermtl.generation.evaluation.evaluate_synthesis` generates them.

    Args:
        classifier (dict | nn.Module, optional): See
            :class:`ExpressionScore`. Defaults to None, no score.
        tolerance (float): By how much a probability may fall from one step
            to the next. Defaults to 0.01.
        **kwargs: See :class:`FrozenNetworkMetric`.
    """

    default_prefix = 'intensity'

    @renamed_arguments(judge='classifier')
    def __init__(self,
                 classifier: Network = None,
                 tolerance: float = 0.01,
                 **kwargs) -> None:
        super().__init__(classifier, 'evaluation classifier', **kwargs)
        self.tolerance = tolerance

    def measure(self, images: List[Tensor],
                samples: Sequence[dict]) -> List[Optional[dict]]:
        """Classify the images ``(C, H, W)`` of all sweeps at once."""
        sweeps = [sample.get('sweep_imgs', ()) for sample in samples]
        found = read_scores(self.network, [
            image for targets in sweeps for steps in targets for image in steps
        ])
        if len(found):
            self.check_classes(found.shape[1])
        scores = iter(found.numpy())
        # In the same order, the score of the target at each of its steps.
        return [
            dict(sweeps=[
                np.array([next(scores)[target] for _ in steps])
                for target, steps in zip(sample['sweep_targets'], targets)
            ]) if len(targets) else None
            for sample, targets in zip(samples, sweeps)
        ]

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Average over the sweeps."""
        # (N, S): probabilities of the target.
        sweeps = np.stack([one for row in found for one in row['sweeps']])
        rising, spearman = intensity_scores(sweeps, self.tolerance)
        return dict(
            rising=100 * float(rising.mean()),
            spearman=float(spearman.mean()),
            sweeps=len(sweeps))
