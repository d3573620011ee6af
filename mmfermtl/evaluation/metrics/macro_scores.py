from typing import Dict, List, Sequence, Tuple

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from ...registry import METRICS
from ..functional import count_confusion, score_confusion


@METRICS.register_module()
class MacroScores(BaseMetric):
    """Mean recall and mean F1 score of the classes of a test set.

    Gives ``macro/recall``, the unweighted average recall (UAR), and
    ``macro/f1``, in percent. Folds by subject may lack a class: it counts in
    neither mean, here as in cross-validation, and is logged.
    ``mmpretrain.SingleLabelMetric`` counts its F1 score as 0 instead.

    Works with samples of this package and of mmpretrain. Those without a
    label, or with -1, are left out.

    Examples:
        >>> val_evaluator = [
        ...     dict(type='mmpretrain.Accuracy'),
        ...     dict(type='mmfermtl.MacroScores')
        ... ]
    """

    default_prefix = 'macro'

    #: Classes that the log named last.
    _logged: Tuple[str, ...] = ()

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep labels and predictions of one batch."""
        for sample in data_samples:
            label = int(sample.get('gt_label', -1))
            score = sample['pred_score']
            # One per sample: MMEngine removes padding by number.
            self.results.append((label, int(score.argmax()), len(score)))

    def compute_metrics(
            self, results: List[Tuple[int, int, int]]) -> Dict[str, float]:
        """Average over the classes that have a sample."""
        labels, predictions, sizes = np.array(results, np.int64).T
        kept = labels >= 0  # the others have no label
        if not kept.any():
            return {}
        confusion = count_confusion(labels[kept], predictions[kept],
                                    int(sizes.max()))
        self._log_absent(np.flatnonzero(confusion.sum(1) == 0).tolist())
        scores = score_confusion(confusion)
        return dict(recall=float(scores['uar']), f1=float(scores['macro_f1']))

    def _log_absent(self, absent: List[int]) -> None:
        """Log once which classes have no test image."""
        classes = (self.dataset_meta or {}).get('classes')
        names = tuple(classes[k] if classes else str(k) for k in absent)
        if names and names != self._logged:
            MMLogger.get_current_instance().info(
                f'MacroScores: no image shows {", ".join(names)}, which '
                'counts in no mean')
        self._logged = names
