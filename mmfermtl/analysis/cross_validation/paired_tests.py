"""Compare two classifiers on the same samples."""
from typing import Any, Dict, Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from .intervals import (percentile_interval, resample_clusters, seed_interval,
                        sum_by_cluster, t_over_folds)


def count_discordant(first: ArrayLike, second: ArrayLike) -> Dict[str, Any]:
    """Count where two classifiers differ, with McNemar's exact test.

    Args:
        first (Sequence[bool]): Whether the first is right ``(N, )``.
        second (Sequence[bool]): Whether the second is right ``(N, )``.

    Returns:
        dict: ``'only_first'``, ``'only_second'``, ``'samples'`` (int) and
        ``'p'`` (float), the two-sided probability of a split at least as
        uneven if both were equally good; 1 if they never differ.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    differing = only_first + only_second
    p = float(binomtest(only_first, differing).pvalue) if differing else 1.
    return dict(
        only_first=only_first,
        only_second=only_second,
        samples=len(first),
        p=p)


def paired_difference(first: np.ndarray, second: np.ndarray,
                      clusters: Sequence[Hashable], folds: Sequence[int],
                      num_folds: int) -> Dict[str, Any]:
    """Compute the difference in accuracy of two classifiers, with intervals.

    Args:
        first (np.ndarray): Whether the first is right ``(S, N)`` bool, by
            seed and sample.
        second (np.ndarray): Whether the second is right ``(S, N)`` bool.
        clusters (Sequence[Hashable]): Subject of each sample ``(N, )``.
        folds (Sequence[int]): Fold of each sample ``(N, )``.
        num_folds (int): Number of folds that the data are divided into, even
            if not all of them are here.

    Returns:
        dict: Second minus first, in percentage points: ``'pooled'``, the
        mean over samples and seeds, and its ``'subject_bootstrap'``;
        ``'seeds'``, that of each seed, and ``'subjects_and_seeds'``, see
        :func:`seed_interval`, None with a single seed; ``'folds'``, the
        difference of each fold by number; ``'mean_of_folds'`` and its
        ``'t_over_folds'``, None with a single fold.
    """
    by_seed = 100 * np.subtract(second, first, dtype=np.float64)
    differences = by_seed.mean(0)
    pairs = np.stack([differences, np.ones_like(differences)], 1)
    sums = resample_clusters(sum_by_cluster(clusters, pairs))
    by_fold = sum_by_cluster(folds, pairs)
    means = by_fold[:, 0] / by_fold[:, 1]
    resampled, seeds = sums[:, 0] / sums[:, 1], by_seed.mean(1)
    return dict(
        pooled=float(differences.mean()),
        subject_bootstrap=percentile_interval(resampled),
        seeds=seeds.tolist(),
        subjects_and_seeds=(seed_interval(seeds, resampled)
                            if len(seeds) > 1 else None),
        mean_of_folds=float(means.mean()),
        t_over_folds=(t_over_folds(means, num_folds)
                      if len(means) > 1 else None),
        folds=dict(zip(sorted(set(folds)), means.tolist())))


def paired_uar_difference(first: np.ndarray, second: np.ndarray,
                          labels: Sequence[int],
                          clusters: Sequence[Hashable]) -> Dict[str, Any]:
    """Compute the difference in mean recall (UAR), with intervals.

    Args:
        first (np.ndarray): As in :func:`paired_difference`.
        second (np.ndarray): As there.
        labels (Sequence[int]): True class of each sample ``(N, )``.
        clusters (Sequence[Hashable]): Subject of each sample ``(N, )``.

    Returns:
        dict: ``'pooled'``, ``'subject_bootstrap'``, ``'seeds'`` and
        ``'subjects_and_seeds'`` as there. Of a draw of subjects that lacks a
        class, the mean is over the others.
    """
    by_seed = 100 * np.subtract(second, first, dtype=np.float64)
    members = np.equal.outer(labels, np.unique(labels)).astype(np.float64)
    by_class = by_seed @ members / members.sum(0)  # (seeds, classes)
    parts = np.stack([by_seed.mean(0)[:, None] * members, members], 1)
    sums = resample_clusters(sum_by_cluster(clusters, parts))
    found = sums[:, 1] > 0
    recalls = sums[:, 0] / np.where(found, sums[:, 1], 1)
    resampled, seeds = recalls.sum(1) / found.sum(1), by_class.mean(1)
    return dict(
        pooled=float(seeds.mean()),
        subject_bootstrap=percentile_interval(resampled),
        seeds=seeds.tolist(),
        subjects_and_seeds=(seed_interval(seeds, resampled)
                            if len(seeds) > 1 else None))
