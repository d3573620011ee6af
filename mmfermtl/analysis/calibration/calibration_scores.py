"""Measure probabilities and sets of classes on held-out subjects."""
from typing import Any, Dict, Optional, Sequence

import numpy as np

from ...evaluation.functional.calibration import (brier_score,
                                                  calibration_error,
                                                  negative_log_likelihood,
                                                  selective_accuracy)
from ...evaluation.functional.logit_adjustment import mean_recall
from ...utils.calibration_file import coverage_key
from ..cross_validation.intervals import (percentile_interval,
                                          resample_clusters, sum_by_cluster,
                                          wilson_interval)
from .calibration_fit import Sets
from .held_out_logits import HeldOutLogits

#: Shares of answered images for which the accuracy is given.
ANSWERED = (1., 0.95, 0.9, 0.8, 0.7, 0.5)


def score_probabilities(found: HeldOutLogits,
                        probabilities: np.ndarray) -> Dict[str, Any]:
    """Score probabilities ``(N, E)``; each sequence counts once.

    Returns:
        dict: ``accuracy`` and ``uar``, the mean recall of the classes that
        occur, in percent, ``nll`` in nats, ``ece_equal_mass`` and
        ``ece_equal_width`` over 15 bins from 0 to 1, ``brier`` from 0 to 2,
        ``selective``: accuracy in percent by the share of images that is
        answered, and ``aurc``, the mean risk over all shares.
    """
    weights, labels = found.weights, found.labels
    sure, hits = probabilities.max(1), probabilities.argmax(1) == labels
    share, accuracy = selective_accuracy(sure, hits, weights)
    # The first share that is large enough: with equal ones it is larger.
    at = np.searchsorted(share, np.array(ANSWERED) - 1e-9)
    steps = np.diff(share, prepend=0.)
    return dict(
        accuracy=100 * float(np.average(hits, weights=weights)),
        uar=100 * mean_recall(probabilities.argmax(1), labels, weights),
        nll=negative_log_likelihood(probabilities, labels, weights),
        ece_equal_mass=calibration_error(sure, hits, True, weights),
        ece_equal_width=calibration_error(sure, hits, False, weights),
        brier=brier_score(probabilities, labels, weights),
        selective={
            f'{wanted:g}': 100 * float(accuracy[k])
            for wanted, k in zip(ANSWERED, at)
        },
        aurc=float(((1 - accuracy) * steps).sum()))


def score_sets(found: HeldOutLogits, sets: Sets,
               classes: Sequence[str]) -> Dict[str, Any]:
    """Measure sets of classes ``(N, E)`` by coverage.

    Returns:
        dict: By coverage as in ``'0.9'``: ``coverage`` in percent with its
        ``interval`` of 95 %, mean ``size``, ``abstained``, the percentage of
        sets with more than one class, ``accuracy_of_the_rest``, and
        ``by_class`` with ``sequences``, ``coverage`` and ``size``.
    """
    measured = {}
    weights, labels = found.weights, found.labels
    for coverage, inside in sets.items():
        covered = inside[np.arange(len(labels)), labels]
        size = inside.sum(1)
        single = size == 1
        rows = {}
        for k, name in enumerate(classes):
            mine = labels == k
            rows[name] = dict(
                sequences=int(round(weights[mine].sum())),
                coverage=_percent(covered[mine], weights[mine]),
                size=_mean(size[mine], weights[mine]))
        measured[coverage_key(coverage)] = dict(
            coverage=_percent(covered, weights),
            interval=_interval(found, covered),
            size=_mean(size, weights),
            abstained=_percent(~single, weights),
            accuracy_of_the_rest=_percent(covered[single], weights[single]),
            by_class=rows)
    return measured


def _mean(values: np.ndarray, weights: np.ndarray) -> Optional[float]:
    return float(np.average(values, weights=weights)) if len(values) else None


def _percent(values: np.ndarray, weights: np.ndarray) -> Optional[float]:
    mean = _mean(values, weights)
    return None if mean is None else 100 * mean


def _interval(found: HeldOutLogits, covered: np.ndarray) -> tuple:
    """Of the coverage in percent, over subjects or Wilson's."""
    weights = found.weights
    if not found.subjects_known:
        return wilson_interval((covered * weights).sum(), weights.sum())
    subjects = found.subjects[found.sequences]
    totals = sum_by_cluster(subjects.tolist(),
                            np.stack([covered * weights, weights], 1))
    drawn = resample_clusters(totals)
    return percentile_interval(100 * drawn[..., 0] / drawn[..., 1])
