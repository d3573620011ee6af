"""Score the pooled predictions of a cross-validation."""
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from ...evaluation.functional import (average_frames, count_confusion,
                                      percentile_interval, resample_clusters,
                                      score_confusion, seed_interval,
                                      wilson_interval)
from .pooled_predictions import PooledPredictions

NAMES = ('accuracy', 'uar', 'macro_f1')


def score_predictions(pooled: PooledPredictions, classes: Sequence[str],
                      draws: int) -> Dict[str, Any]:
    """Compute all scores of pooled predictions.

    With several seeds each score is the mean over them. Accuracies are in
    percent.

    Args:
        pooled (PooledPredictions): The predictions.
        classes (Sequence[str]): Names of the ``E`` classes.
        draws (int): Draws of the bootstrap.

    Returns:
        dict: ``pooled_accuracy`` over all images; ``mean_of_folds_accuracy``
        and ``std_over_folds``; ``uar``, ``macro_f1`` and ``recalls``, over
        all images; ``sequence_accuracy``, of the mean scores of a sequence's
        frames; ``intervals``; ``confusion`` ``(E, E)``, summed over seeds;
        ``folds``, a dict each; ``seeds``, a dict each; and counts.
    """
    confusions = subject_confusions(pooled, len(classes))
    by_seed = score_confusion(confusions.sum(1))
    hits = (pooled.labels == pooled.truth).mean(0)
    sequences, right = sequence_hits(pooled)
    folds = _score_folds(pooled, len(classes))
    fold_means = np.array([fold['accuracy'] for fold in folds])
    means = {name: float(by_seed[name].mean()) for name in NAMES}
    drawn = score_confusion(resample_clusters(confusions.mean(0), draws))
    return dict(
        pooled_accuracy=means['accuracy'],
        mean_of_folds_accuracy=float(fold_means.mean()),
        std_over_folds=_spread(fold_means),
        uar=means['uar'],
        macro_f1=means['macro_f1'],
        recalls=dict(zip(classes, by_seed['recalls'].mean(0))),
        sequence_accuracy=float(100 * right.mean()),
        num_images=len(hits),
        num_sequences=len(sequences),
        num_subjects=len(confusions[0]),
        intervals=dict(
            wilson_images=wilson_interval(float(hits.sum()), len(hits)),
            wilson_sequences=wilson_interval(
                float(right.mean(0).sum()), len(sequences)),
            subject_bootstrap={
                name: percentile_interval(drawn[name])
                for name in NAMES
            },
            subjects_and_seeds=_seed_intervals(by_seed, drawn)),
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


def subject_confusions(pooled: PooledPredictions,
                       num_classes: int) -> np.ndarray:
    """Confusion matrix of each seed and subject.

    Args:
        pooled (PooledPredictions): The predictions.
        num_classes (int): Number of classes ``E``.

    Returns:
        np.ndarray: ``(S, K, E, E)``, subjects in sorted order.
    """
    order = {key: i for i, key in enumerate(sorted(set(pooled.subjects)))}
    index = [order[key] for key in pooled.subjects]
    shape = (len(pooled.seeds), len(order), num_classes, num_classes)
    confusions = np.zeros(shape)
    for k, labels in enumerate(pooled.labels):
        np.add.at(confusions[k], (index, pooled.truth, labels), 1)
    return confusions


def sequence_hits(pooled: PooledPredictions) -> Tuple[List[tuple], np.ndarray]:
    """Whether the mean scores of each sequence's frames are right.

    Args:
        pooled (PooledPredictions): The predictions.

    Returns:
        tuple[list[tuple], np.ndarray]: The ``M`` sequences, whose last entry
        is the true class, and hits ``(S, M)`` bool.
    """
    names: List[Any] = []
    hits = []
    for scores in pooled.scores:
        names, means = average_frames(pooled.sequences, scores)
        hits.append(means.argmax(1) == [name[-1] for name in names])
    return names, np.stack(hits)


def _score_folds(pooled: PooledPredictions,
                 num_classes: int) -> List[Dict[str, Any]]:
    """Scores of each fold, means over the seeds."""
    folds = []
    for fold in sorted(set(pooled.folds.tolist())):
        chosen = pooled.folds == fold
        scores = score_confusion(
            np.stack([
                count_confusion(pooled.truth[chosen], labels[chosen],
                                num_classes) for labels in pooled.labels
            ]))
        inside = [s for s, yes in zip(pooled.samples, chosen) if yes]
        folds.append(
            dict(
                fold=fold,
                **{name: float(scores[name].mean())
                   for name in NAMES},
                accuracy_of_seeds=scores['accuracy'].tolist(),
                images=len(inside),
                sequences=len(
                    {s
                     for s, yes in zip(pooled.sequences, chosen) if yes}),
                subjects=len({(s['dataset'], s['subject'])
                              for s in inside})))
    return folds


def _seed_intervals(by_seed: Dict[str, np.ndarray],
                    drawn: Dict[str, np.ndarray]) -> Any:
    """Intervals for other subjects and other seeds, None of one seed."""
    if len(by_seed['accuracy']) < 2:
        return None
    return {name: seed_interval(by_seed[name], drawn[name]) for name in NAMES}


def _spread(values: np.ndarray) -> Any:
    """Standard deviation of a sample, None of a single value."""
    return float(values.std(ddof=1)) if len(values) > 1 else None
