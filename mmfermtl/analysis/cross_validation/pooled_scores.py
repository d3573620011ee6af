"""Score the pooled predictions of a cross-validation."""
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ...evaluation.functional import (average_frames, count_confusion,
                                      score_confusion)
from .intervals import (Interval, percentile_interval, resample_clusters,
                        seed_interval, sum_by_cluster, wilson_interval)
from .pooled_predictions import PooledPredictions

NAMES = ('accuracy', 'uar', 'macro_f1')


def score_predictions(pooled: PooledPredictions,
                      classes: Sequence[str]) -> Dict[str, Any]:
    """Compute all scores of pooled predictions of ``E`` classes.

    With several seeds each score is the mean over them. Accuracies are in
    percent.

    Returns:
        dict: ``pooled_accuracy`` over all images; ``mean_of_folds_accuracy``
        and ``std_over_folds``; ``uar``, ``macro_f1`` and ``recalls``, over
        all images; ``sequence_accuracy``, of the mean scores of a sequence's
        frames; ``ensemble``, the accuracy of the mean scores of the seeds
        over images and sequences with the interval by subjects, None for one
        seed; ``intervals``; ``confusion`` ``(E, E)``, summed over seeds;
        ``folds``, a dict each; ``seeds``, a dict each; and counts.
    """
    confusions = _subject_confusions(pooled, len(classes))
    by_seed = score_confusion(confusions.sum(1))
    hits = pooled.hits.mean(0)
    sequences, right = sequence_hits(pooled)
    folds = _score_folds(pooled, len(classes))
    fold_means = np.array([fold['accuracy'] for fold in folds])
    # (K, S, E, E): all seeds have the same draws.
    drawn = resample_clusters(confusions.swapaxes(0, 1))
    resampled = {k: v.mean(1) for k, v in score_confusion(drawn).items()}
    return dict(
        pooled_accuracy=float(by_seed['accuracy'].mean()),
        mean_of_folds_accuracy=float(fold_means.mean()),
        std_over_folds=_spread(fold_means),
        uar=float(by_seed['uar'].mean()),
        macro_f1=float(by_seed['macro_f1'].mean()),
        recalls=dict(zip(classes, by_seed['recalls'].mean(0))),
        sequence_accuracy=float(100 * right.mean()),
        ensemble=_score_ensemble(pooled) if len(pooled.seeds) > 1 else None,
        num_images=len(hits),
        num_sequences=len(sequences),
        num_subjects=len(confusions[0]),
        intervals=dict(
            wilson_images=wilson_interval(float(hits.sum()), len(hits)),
            wilson_sequences=wilson_interval(
                float(right.mean(0).sum()), len(sequences)),
            subject_bootstrap={
                name: percentile_interval(resampled[name])
                for name in NAMES
            },
            subjects_and_seeds={
                name: _clip(seed_interval(by_seed[name], resampled[name]))
                for name in NAMES
            } if len(pooled.seeds) > 1 else None),
        confusion=confusions.sum((0, 1)).astype(int),
        seeds=[
            dict(
                seed=seed,
                **{name: float(by_seed[name][k])
                   for name in NAMES},
                sequence_accuracy=float(100 * right[k].mean()))
            for k, seed in enumerate(pooled.seeds)
        ],
        std_over_seeds=_spread(by_seed['accuracy']),
        folds=folds)


def _clip(interval: Interval) -> Interval:
    """Clip an interval of scores to [0, 100], as it is symmetric."""
    low, high = interval
    return max(0., low), min(100., high)


def _subject_confusions(pooled: PooledPredictions,
                        num_classes: int) -> np.ndarray:
    """Count the confusions of each seed and subject: ``(S, K, E, E)``."""
    one_hot = np.eye(num_classes)
    return np.stack([
        sum_by_cluster(
            pooled.subjects,
            one_hot[pooled.gt_labels][:, :, None] * one_hot[labels][:, None])
        for labels in pooled.labels
    ])


def sequence_hits(pooled: PooledPredictions) -> Tuple[List[tuple], np.ndarray]:
    """Classify each sequence by the mean scores of its frames.

    Returns the ``M`` sequences, see :attr:`PooledPredictions.sequences`, and
    hits ``(S, M)`` bool.
    """
    names: List[Any] = []
    hits = []
    for scores in pooled.scores:
        names, means = average_frames(pooled.sequences, scores)
        hits.append(means.argmax(1) == [name[-1] for name in names])
    return names, np.stack(hits)


def _score_ensemble(pooled: PooledPredictions) -> Dict[str, Any]:
    """Score the mean of the seeds' scores."""
    averaged = pooled.average_seeds()
    hits = averaged.hits[0]
    counts = sum_by_cluster(averaged.subjects,
                            np.stack([hits, np.ones(len(hits))], -1))
    right, images = resample_clusters(counts).T
    return dict(
        accuracy=float(100 * hits.mean()),
        sequence_accuracy=float(100 * sequence_hits(averaged)[1].mean()),
        subject_bootstrap=percentile_interval(100 * right / images))


def _score_folds(pooled: PooledPredictions,
                 num_classes: int) -> List[Dict[str, Any]]:
    """Score each fold, means over the seeds."""
    folds = []
    for fold in sorted(set(pooled.folds.tolist())):
        part = pooled.keep_samples(pooled.folds == fold)
        scores = score_confusion(
            np.stack([
                count_confusion(part.gt_labels, labels, num_classes)
                for labels in part.labels
            ]))
        folds.append(
            dict(
                fold=fold,
                **{name: float(scores[name].mean())
                   for name in NAMES},
                accuracy_of_seeds=scores['accuracy'].tolist(),
                images=len(part.samples),
                sequences=len(set(part.sequences)),
                subjects=len(set(part.subjects))))
    return folds


def _spread(values: np.ndarray) -> Optional[float]:
    """Compute the standard deviation of a sample, None of a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else None
