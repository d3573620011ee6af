from typing import Dict, List, Optional, Sequence

import numpy as np
from mmengine.evaluator import BaseMetric

from ...registry import METRICS
from ..functional import paired_image_scores


@METRICS.register_module()
class CycleError(BaseMetric):
    """How much of a face is lost on the way to another expression and back.

    Gives ``cycle/L1`` (on [0, 1]), ``cycle/SSIM`` and ``cycle/PSNR`` (dB) of
    the sources against ``cycle_imgs`` ``(T, C, H, W)`` uint8, the paintings
    of each other expression repainted as the source's own; and
    ``cycle/images``, their number.

    Args:
        collect_device (str): ``'cpu'`` or ``'gpu'``. Defaults to ``'cpu'``.
        prefix (str, optional): Defaults to ``'cycle'``.
    """

    default_prefix = 'cycle'

    def __init__(self,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Score one batch."""
        for picture, sample in zip(data_batch['inputs'], data_samples):
            source = picture.cpu().numpy()
            self.results.append([
                paired_image_scores(back.cpu().numpy(), source)
                for back in sample.get('cycle_imgs', ())
            ])

    def compute_metrics(self, results: List[List[Dict[str, float]]]) -> dict:
        """Average over all cycles; nothing if none was painted."""
        rows = [row for result in results for row in result]
        if not rows:
            return {}
        means = {
            key: float(np.mean([r[key] for r in rows]))
            for key in rows[0]
        }
        return dict(means, images=len(rows))
