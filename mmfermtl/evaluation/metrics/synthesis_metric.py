from typing import Dict, List, Sequence

from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from ...registry import METRICS
from ..functional import paired_image_scores


@METRICS.register_module()
class SynthesisMetric(BaseMetric):
    """Compare generated images with real images of the same subject.

    Gives ``synthesis/L1`` (mean absolute error on [0, 1]),
    ``synthesis/SSIM`` (at most 1) and ``synthesis/PSNR`` (dB), averaged over
    the samples that have both ``fake_img`` and ``gt_img``, and
    ``synthesis/pairs``, their number. Without any such sample it gives no
    values and logs why.
    """

    default_prefix = 'synthesis'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Score the pairs of one batch."""
        for sample in data_samples:
            scores: Dict[str, float] = {}
            if 'fake_img' in sample and 'gt_img' in sample:
                scores = paired_image_scores(sample['fake_img'].cpu().numpy(),
                                             sample['gt_img'].cpu().numpy())
            # One per sample: MMEngine removes padding by number.
            self.results.append(scores)

    def compute_metrics(self, results: List[dict]) -> Dict[str, float]:
        """Average over all pairs."""
        pairs = [scores for scores in results if scores]
        if not pairs:
            MMLogger.get_current_instance().warning(
                'SynthesisMetric: no sample has both a generated image and a '
                'real one; set `pairs=True` in the dataset and a generator '
                'in the model')
            return {}
        means = {
            key: sum(scores[key] for scores in pairs) / len(pairs)
            for key in pairs[0]
        }
        return dict(means, pairs=len(pairs))
