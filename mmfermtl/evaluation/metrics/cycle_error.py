from typing import Dict, List, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric

from ...registry import METRICS
from ..functional import paired_image_scores


@METRICS.register_module()
class CycleError(BaseMetric):
    """Measure what is lost by mapping to another expression and back.

    Gives ``cycle/L1`` (on [0, 1]), ``cycle/SSIM`` and ``cycle/PSNR`` (dB) of
    the sources against ``cycle_imgs`` ``(T, C, H, W)`` uint8, generated
    images of each other expression mapped back to that of the source; and
    ``cycle/images``, their number.
    """

    default_prefix = 'cycle'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Score one batch."""
        # Sources as they entered the model: uint8, before the preprocessor.
        for image, sample in zip(data_batch['inputs'], data_samples):
            source = image.cpu().numpy()
            self.results.append([
                paired_image_scores(back.cpu().numpy(), source)
                for back in sample.get('cycle_imgs', ())
            ])

    def compute_metrics(self, results: List[List[Dict[str, float]]]) -> dict:
        """Average over all cycles; an empty dict if there are none."""
        rows = [row for result in results for row in result]
        if not rows:
            return {}
        means = {
            key: float(np.mean([r[key] for r in rows]))
            for key in rows[0]
        }
        return dict(means, images=len(rows))
