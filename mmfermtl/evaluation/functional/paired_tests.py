"""Compare two classifiers on the same samples."""
import math
from typing import Any, Dict, Hashable, Sequence

import numpy as np

from .intervals import (percentile_interval, resample_clusters, seed_interval,
                        sum_by_cluster, t_over_folds)


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """McNemar's exact test, two-sided.

    Args:
        only_first (int): Samples that the first classifier alone got right.
        only_second (int): Samples that the second alone got right.

    Returns:
        float: Probability of a split at least as uneven if both were equally
        good; 1 if they never differ.
    """
    number = only_first + only_second
    fewer = min(only_first, only_second)
    tail = sum(math.comb(number, k) for k in range(fewer + 1))
    # Whole numbers of any size: the quotient alone is rounded.
    return min(1., 2 * tail / 2**number)


def count_discordant(first: Sequence[bool],
                     second: Sequence[bool]) -> Dict[str, Any]:
    """Count where two classifiers differ, and test it.

    Args:
        first (Sequence[bool]): Whether the first is right ``(N, )``.
        second (Sequence[bool]): The same of the second.

    Returns:
        dict: ``'only_first'``, ``'only_second'``, ``'samples'`` (int) and
        ``'p'`` (float), see :func:`mcnemar_exact`.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    counts = dict(
        only_first=int((first & ~second).sum()),
        only_second=int((second & ~first).sum()))
    return dict(**counts, samples=len(first), p=mcnemar_exact(**counts))


def paired_difference(differences: np.ndarray,
                      clusters: Sequence[Hashable],
                      folds: Sequence[int],
                      num_folds: int,
                      draws: int = 10000,
                      seed: int = 0) -> Dict[str, Any]:
    """Difference in accuracy of two classifiers, with intervals of 95 %.

    Args:
        differences (np.ndarray): Hits of the second minus those of the
            first, ``(S, N)``, a row a seed, a column a sample: 1, 0 or -1.
        clusters (Sequence[Hashable]): Subject of each sample.
        folds (Sequence[int]): Fold of each sample.
        num_folds (int): Into how many folds the data are divided, whether
            or not all of them are here.
        draws (int): Bootstrap draws. Defaults to 10000.
        seed (int): Seed of the draws. Defaults to 0.

    Returns:
        dict: In points of percent: ``'pooled'``, the mean over samples and
        seeds, and its ``'subject_bootstrap'``; ``'seeds'``, that of each
        seed, and the interval ``'subjects_and_seeds'``, see
        :func:`~mmfermtl.evaluation.functional.seed_interval`, None with a
        single seed; ``'folds'``, the difference in each fold
        by number; ``'mean_of_folds'`` and its ``'t_over_folds'``, None with
        a single fold.
    """
    by_seed = 100 * np.asarray(differences, np.float64)
    differences = by_seed.mean(0)
    pairs = np.stack([differences, np.ones_like(differences)], 1)
    sums = resample_clusters(sum_by_cluster(clusters, pairs), draws, seed)
    by_fold = sum_by_cluster(folds, pairs)
    means = by_fold[:, 0] / by_fold[:, 1]
    drawn, seeds = sums[:, 0] / sums[:, 1], by_seed.mean(1)
    return dict(
        pooled=float(differences.mean()),
        subject_bootstrap=percentile_interval(drawn),
        seeds=seeds.tolist(),
        subjects_and_seeds=(seed_interval(seeds, drawn)
                            if len(seeds) > 1 else None),
        mean_of_folds=float(means.mean()),
        t_over_folds=(t_over_folds(means, num_folds)
                      if len(means) > 1 else None),
        folds=dict(zip(sorted(set(folds)), means.tolist())))
