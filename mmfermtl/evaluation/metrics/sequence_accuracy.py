from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from ...registry import METRICS
from ..functional import average_frames

#: Dataset, subject, sequence and label, with the scores of one frame.
Frame = Tuple[tuple, np.ndarray]
KEYS = ('dataset', 'subject', 'sequence')


@METRICS.register_module()
class SequenceAccuracy(BaseMetric):
    """Accuracy over whole sequences.

    The class scores of a sequence's frames are averaged, and the best class
    of the mean is the prediction. Gives ``sequence/top1`` in percent and
    ``sequence/count``, the number of sequences. Ours: the results of papers
    are those of single images, ``mmpretrain.Accuracy``.

    A sequence is identified by ``dataset``, ``subject`` and ``sequence``. If
    its neutral frames are labelled too, they count as a separate sequence.
    Frames without a label, or with -1, are left out.

    Works with samples of this package and of mmpretrain, and any model that
    gives ``pred_score`` ``(E, )``.

    Raises:
        KeyError: If samples lack their sequence or their scores.

    Examples:
        >>> val_evaluator = [
        ...     dict(type='mmpretrain.Accuracy'),
        ...     dict(type='mmfermtl.SequenceAccuracy')
        ... ]
    """

    default_prefix = 'sequence'

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep the scores of one batch."""
        # One per sample, in order: MMEngine removes the frames that pad the
        # last batch of several processes by number.
        self.results += [_frame(sample) for sample in data_samples]

    def compute_metrics(self,
                        results: List[Optional[Frame]]) -> Dict[str, float]:
        """Average the scores within, and the accuracy over the sequences."""
        found = [result for result in results if result is not None]
        if not found:
            MMLogger.get_current_instance().warning(
                'SequenceAccuracy: no sample has a label; validate on a '
                "dataset with split='test'")
            return {}
        keys, scores = average_frames(*zip(*found))
        hits = scores.argmax(1) == [key[-1] for key in keys]
        return dict(top1=100 * float(np.mean(hits)), count=len(hits))


def _frame(sample: dict) -> Optional[Frame]:
    """Return sequence and scores of a sample, None without a label."""
    if int(sample.get('gt_label', -1)) < 0:
        return None
    missing = [key for key in KEYS if key not in sample]
    if missing:
        raise KeyError(
            f'SequenceAccuracy: samples lack {", ".join(missing)}, so that '
            'their sequences are not known; pack them from the dataset with '
            f'meta_keys={("img_path", *KEYS)} in mmfermtl.'
            'PackExpressionInputs (its default has them) or '
            'mmpretrain.PackInputs')
    if 'pred_score' not in sample:
        raise KeyError('SequenceAccuracy: samples lack pred_score; use a '
                       'model whose head gives class scores')
    # With the label, so that neutral frames are a separate sequence.
    key = (*(str(sample[key]) for key in KEYS), int(sample['gt_label']))
    return key, sample['pred_score'].double().cpu().numpy()
