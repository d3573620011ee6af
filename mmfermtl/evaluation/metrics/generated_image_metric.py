from typing import Any, Dict, List, Optional, Sequence, Union

from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from ...registry import METRICS
from ...utils.deprecation import register_old_name


@METRICS.register_module()
class GeneratedImageMetric(BaseMetric):
    """Apply a metric of mmagic that compares two images.

    Such metrics expect the prediction as ``pred_img`` in the ``output`` of a
    sample, and work with the loops and the Evaluator of mmagic only. This one
    works with any Runner. Samples without a ground truth do not count;
    without any pair it gives no values and logs why. Suitable for all metrics
    that score sample by sample: MAE, MSE, PSNR, SSIM, ...

    Args:
        metric (dict | BaseMetric): Such as ``dict(type='mmagic.PSNR')``.
        pred_key (str): Field of the generated image ``(C, H, W)``. Defaults
            to ``'fake_img'``.
        gt_key (str): Field of the ground truth ``(C, H, W)``. Defaults to
            ``'gt_img'``.
        **kwargs: See MMEngine's ``BaseMetric``.

    Examples:
        >>> val_evaluator = [
        ...     dict(
        ...         type='mmfermtl.GeneratedImageMetric',
        ...         metric=dict(type='mmagic.PSNR'))
        ... ]
    """

    default_prefix = 'synthesis'

    def __init__(self,
                 metric: Union[dict, BaseMetric],
                 pred_key: str = 'fake_img',
                 gt_key: str = 'gt_img',
                 **kwargs) -> None:
        super().__init__(**kwargs)
        self.metric = (
            metric
            if isinstance(metric, BaseMetric) else METRICS.build(metric))
        self.pred_key = pred_key
        self.gt_key = gt_key

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Score the pairs of one batch."""
        for sample in data_samples:
            result: Optional[Dict[str, Any]] = None
            if self.pred_key in sample and self.gt_key in sample:
                pair = dict(
                    gt_img=sample[self.gt_key],
                    output=dict(pred_img=sample[self.pred_key]))
                # Called for one pair, to find the result of this sample.
                self.metric.results.clear()
                self.metric.process(data_batch, [pair])
                result, = self.metric.results
            # One per sample: MMEngine removes padding by number.
            self.results.append(result)

    def compute_metrics(self, results: List[Any]) -> Dict[str, float]:
        """Summarize all pairs by the metric."""
        pairs = [result for result in results if result is not None]
        if not pairs:
            MMLogger.get_current_instance().warning(
                'GeneratedImageMetric: no sample has both '
                f'{self.pred_key} and {self.gt_key}; set `pairs=True` in the '
                'dataset and a generator in the model')
            return {}
        return self.metric.compute_metrics(pairs)


register_old_name(METRICS, 'PaintedFaceMetric', GeneratedImageMetric)
