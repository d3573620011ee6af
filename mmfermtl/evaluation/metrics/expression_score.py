from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from torch import Tensor

from ...registry import METRICS
from ...utils.deprecation import renamed_arguments
from ..functional import count_confusion
from ..functional.generated_images import generated_images, read_scores
from .frozen_network_metric import FrozenNetworkMetric, Network, split_outputs


@METRICS.register_module()
class ExpressionScore(FrozenNetworkMetric):
    """Accuracy of an independent classifier on generated images.

    The evaluation classifier must be trained separately, on real images of
    the same training fold: the recognition branch that was trained with the
    generator has learned to agree with it. Gives, in percent,

    - ``expression/score``: generated images classified as their target;
    - ``expression/score_changed``: the same over those whose target is not
      the expression of the source;
    - ``expression/ceiling``: real images classified as their label;

    and ``expression/images``, the number of generated images, and
    ``expression/confusion``, ``(E, E)`` counts, rows are targets, columns
    predictions.

    Args:
        classifier (dict | nn.Module, optional): The evaluation classifier,
            for example ``mmfermtl.TrainedModel``, with ``fold`` so that one
            of another fold is refused. Defaults to None, no score.
        **kwargs: See :class:`FrozenNetworkMetric`.

    Examples:
        >>> dict(
        ...     type='mmfermtl.ExpressionScore',
        ...     classifier=dict(
        ...         type='mmfermtl.TrainedModel',
        ...         config='configs/single_task/fer_ckplus48.py',
        ...         checkpoint='work_dirs/fer_ckplus48/epoch_40.pth',
        ...         fold=0))
    """

    default_prefix = 'expression'

    @renamed_arguments(judge='classifier')
    def __init__(self, classifier: Network = None, **kwargs) -> None:
        super().__init__(classifier, 'evaluation classifier', **kwargs)

    def measure(self, images: List[Tensor],
                samples: Sequence[dict]) -> List[Optional[dict]]:
        """Classify the real and the generated images ``(C, H, W)``."""
        generated = [generated_images(sample) for sample in samples]
        # One pass for all: real images first, then the generated ones.
        scores = read_scores(
            self.network,
            images + [image for _, batch in generated for image in batch])
        self.check_classes(scores.shape[1])
        predictions = split_outputs(
            scores.argmax(1).tolist(), [len(batch) for _, batch in generated])
        rows = zip(samples, generated, predictions)
        return [
            dict(
                label=int(sample.get('gt_label', -1)),
                real=real,
                targets=targets,
                predictions=fake) if targets else None
            for sample, (targets, _), (real, fake) in rows
        ]

    def summarize(self, found: List[dict]) -> Dict[str, Any]:
        """Count the correct predictions."""
        # (M, 3): target, prediction and source label of each image.
        pairs = np.array([(t, p, row['label']) for row in found
                          for t, p in zip(row['targets'], row['predictions'])])
        target, prediction, shown = pairs.T
        # Without metainfo, the largest class that occurs.
        size = int(pairs.max()) + 1
        if self.dataset_meta and 'classes' in self.dataset_meta:
            size = len(self.dataset_meta['classes'])
        confusion = count_confusion(target, prediction, size)
        metrics = dict(score=100 * float((target == prediction).mean()))
        # A generator that copies the source scores 0 on these.
        changed = target != shown
        if changed.any():
            metrics['score_changed'] = 100 * float(
                (target == prediction)[changed].mean())
        known = [row for row in found if row['label'] >= 0]
        if known:
            metrics['ceiling'] = 100 * float(
                np.mean([row['label'] == row['real'] for row in known]))
        return dict(metrics, images=len(pairs), confusion=confusion.tolist())
