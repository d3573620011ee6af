"""Doubt a prediction by what the generator makes of the face."""
from typing import Any, Dict, Sequence

import numpy as np

from ...evaluation.functional.risk_coverage import (area_under_risk_coverage,
                                                    risk_coverage)
from ..cross_validation.intervals import percentile_interval
from .self_images import GeneratedSelves

#: What the others are compared with.
SCORE = 'score'
#: Shares of the images whose risk is reported.
COVERAGES = (0.5, 0.8, 0.9)
_DRAWS = 1000
_SMALL = 1e-12


def list_doubts(found: GeneratedSelves) -> Dict[str, np.ndarray]:
    """Measure how doubtful each prediction is.

    Returns:
        dict[str, np.ndarray]: ``(N, )``, higher for less certain ones:

        * ``score``: 1 minus the probability of the prediction.
        * ``entropy`` of the probabilities.
        * ``self read otherwise``: 1 minus the probability of the prediction
          for the face that is generated with it.
        * ``change to self``: mean difference of the face and that one, in
          grey levels: a face that shows an expression need not change.
        * ``divergence from self``: Kullback-Leibler divergence of the
          probabilities of the face from those of that one.
    """
    rows, own = np.arange(len(found.labels)), found.predictions
    p = found.probabilities
    self_p = found.self_probabilities[rows, own]
    change = np.abs(found.selves[rows, own].astype(np.float32) - found.images)
    logs = np.log(p + _SMALL)
    return {
        SCORE: 1 - p.max(1),
        'entropy': -(p * logs).sum(1),
        'self read otherwise': 1 - self_p[rows, own],
        'change to self': change.mean((1, 2)),
        'divergence from self': (p * (logs - np.log(self_p + _SMALL))).sum(1),
    }


def score_doubts(found: GeneratedSelves) -> Dict[str, Dict[str, Any]]:
    """Score the doubts by the risk-coverage curve, in percent.

    Returns:
        dict[str, dict]: For each doubt ``aurc``, the area under the curve;
        ``interval``, of 95 % over subjects drawn with replacement;
        ``minus_score`` and ``minus_score_interval``, likewise of the
        difference from the score; and ``risk_at``, by coverage.
    """
    correct = found.predictions == found.labels
    doubts = list_doubts(found)
    draws = {
        name:
        np.array([
            area_under_risk_coverage(correct[rows], doubt[rows])
            for rows in _draw_rows(found.subjects)
        ])
        for name, doubt in doubts.items()
    }
    scores: Dict[str, Dict[str, Any]] = {}
    base = area_under_risk_coverage(correct, doubts[SCORE])
    for name, doubt in doubts.items():
        area = area_under_risk_coverage(correct, doubt)
        curve = risk_coverage(correct, doubt)
        change = draws[name] - draws[SCORE]
        scores[name] = dict(
            aurc=100 * area,
            interval=[100 * v for v in percentile_interval(draws[name])],
            minus_score=100 * (area - base),
            minus_score_interval=[
                100 * v for v in percentile_interval(change)
            ],
            risk_at={
                str(share): 100 * float(curve[round(share * len(curve)) - 1])
                for share in COVERAGES
            })
    return scores


def _draw_rows(subjects: Sequence[str]) -> Any:
    """Yield the images of subjects that are drawn with replacement."""
    _, cluster = np.unique(subjects, return_inverse=True)
    number = cluster.max() + 1
    rng = np.random.default_rng(0)
    for _ in range(_DRAWS):
        counts = rng.multinomial(number, [1 / number] * number)
        yield np.repeat(np.arange(len(cluster)), counts[cluster])
