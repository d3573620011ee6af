from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..evaluation.functional.generated_images import read_scores
from ..evaluation.functional.identity import unit_vectors
from ..utils.errors import UserError
from .generation_options import GenerationOptions

#: Names of the filters, in ``provenance.json`` and in journals too.
FILTERS = ('classifier', 'identity', 'copy')
_CLASSIFIER = '--classifier-config and --classifier-checkpoint'
_EMBEDDER = '--embedder, or --embedder-config and --embedder-checkpoint'


class FilterResult(NamedTuple):
    """Result of all filters for one generated image."""

    #: Scores by name: ``change``, ``classifier`` and ``identity``.
    scores: Dict[str, float]
    #: Those of :data:`FILTERS` that reject the image.
    refused: List[str]


class QualityFilters:
    """Decide which generated images are good enough to train on.

    A filter whose threshold is None is off, but its score is recorded where
    its network is given.

    Args:
        classifier (nn.Module, optional): An evaluation classifier.
        embedder (nn.Module, optional): Maps ``(N, C, H, W)`` uint8 to vectors
            ``(N, D)``.
        options (GenerationOptions): Its thresholds. Defaults to none.

    Raises:
        UserError: If a threshold is out of range or lacks its network.
    """

    def __init__(
        self,
        classifier: Optional[nn.Module] = None,
        embedder: Optional[nn.Module] = None,
        options: GenerationOptions = GenerationOptions()
    ) -> None:
        _check('--min-agreement', options.agreement, 0, classifier,
               _CLASSIFIER)
        _check('--max-agreement', options.max_agreement, 0, classifier,
               _CLASSIFIER)
        _check('--min-identity', options.identity, -1, embedder, _EMBEDDER)
        _check('--min-change', options.change, 0)
        if (options.max_agreement is not None
                and options.max_agreement <= (options.agreement or 0)):
            raise UserError(f'--max-agreement {options.max_agreement}: '
                            'expected a number above --min-agreement')
        self.classifier = classifier
        self.embedder = embedder
        self.options = options

    @torch.no_grad()
    def apply(self, images: Tensor, sources: Tensor, targets: Sequence[int],
              shown: Sequence[int]) -> List[FilterResult]:
        """Score generated images and compare the scores with the thresholds.

        Args:
            images (Tensor): Generated images ``(N, C, H, W)`` uint8.
            sources (Tensor): Their source images, likewise.
            targets (Sequence[int]): Class of each generated image.
            shown (Sequence[int]): Class of each source, -1 if not known.

        Returns:
            list[FilterResult]: One for each image.
        """
        change = (images.float() - sources.float()).abs().flatten(1) / 255
        columns = dict(change=change.mean(1).tolist())
        predictions = [-2] * len(images)  # equal to no class of a source
        if self.classifier is not None:
            scores = read_scores(self.classifier, images)
            predictions = scores.argmax(1).tolist()
            columns['classifier'] = scores[range(len(scores)),
                                           list(targets)].tolist()
        if self.embedder is not None:
            columns['identity'] = self._cosines(images, sources)
        return [
            self._decide({
                k: round(v[i], 6)
                for k, v in columns.items()
            }, prediction == label)
            for i, (prediction, label) in enumerate(zip(predictions, shown))
        ]

    def _cosines(self, images: Tensor, sources: Tensor) -> List[float]:
        """Cosine similarities of ``N`` pairs of ``(C, H, W)`` images."""
        device = next(self.embedder.parameters(), torch.empty(0)).device
        first, second = (
            unit_vectors(
                np.float64(self.embedder(batch.to(device)).cpu().numpy()))
            for batch in (images, sources))
        return (first * second).sum(1).tolist()

    def _decide(self, scores: Dict[str, float],
                unchanged: bool) -> FilterResult:
        limits = self.options
        most = limits.max_agreement
        refused = dict(
            classifier=_below(scores.get('classifier'), limits.agreement)
            or most is not None and scores['classifier'] > most,
            identity=_below(scores.get('identity'), limits.identity),
            copy=_below(scores['change'], limits.change)
            or limits.change is not None and unchanged)
        return FilterResult(scores, [key for key in refused if refused[key]])


def _below(score: Any, least: Optional[float]) -> bool:
    return least is not None and score < least


def _check(option: str,
           value: Optional[float],
           low: int,
           network: Any = True,
           needed: str = '') -> None:
    """Refuse a threshold that is out of range or lacks its network."""
    if value is not None and not low <= value <= 1:
        raise UserError(f'{option} {value}: expected a number from {low} to 1')
    if value is not None and network is None:
        raise UserError(f'{option} needs {needed}')
