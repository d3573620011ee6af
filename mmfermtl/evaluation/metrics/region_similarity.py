from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from ...registry import METRICS
from ..functional.face_regions import check_regions, region_similarity


@METRICS.register_module()
class RegionSimilarity(BaseMetric):
    """Compare mouth and eyes with the real image of the same subject.

    The SSIM of a whole image mostly measures hair and background, which a
    generator need not change. Gives ``region/mouth_SSIM`` and
    ``region/eyes_SSIM`` (at most 1), averaged over the samples that have both
    ``fake_img`` and ``gt_img``, and ``region/pairs``, their number.

    Args:
        regions (dict[str, Sequence[float]], optional): Left, top, right and
            bottom of each region, as fractions of the width and height of an
            aligned image. Defaults to None, which means
            :data:`~mmfermtl.evaluation.functional.face_regions.REGIONS`.
        **kwargs: See MMEngine's ``BaseMetric``.

    Raises:
        ValueError: If a region is not inside of the image.

    Examples:
        >>> dict(
        ...     type='mmfermtl.RegionSimilarity',
        ...     regions=dict(mouth=(0.25, 0.6, 0.75, 0.9)))
    """

    default_prefix = 'region'

    def __init__(self,
                 regions: Optional[Dict[str, Sequence[float]]] = None,
                 **kwargs) -> None:
        super().__init__(**kwargs)
        self.regions = check_regions(regions)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score the pairs of one batch."""
        for sample in data_samples:
            scores: Dict[str, float] = {}
            if 'fake_img' in sample and 'gt_img' in sample:
                scores = region_similarity(sample['fake_img'].cpu().numpy(),
                                           sample['gt_img'].cpu().numpy(),
                                           self.regions)
            # One per sample: MMEngine removes padding by number.
            self.results.append(scores)

    def compute_metrics(self, results: List[Dict[str, float]]) -> dict:
        """Average over all pairs; an empty dict if there are none."""
        pairs = [scores for scores in results if scores]
        if not pairs:
            print_log(
                'RegionSimilarity gives no number: no sample has both a '
                'generated image and a real one; set `pairs=True` in the '
                'dataset and a generator in the model.',
                logger='current')
            return {}
        means = {
            f'{name}_SSIM': float(np.mean([scores[name] for scores in pairs]))
            for name in self.regions
        }
        return dict(means, pairs=len(pairs))
