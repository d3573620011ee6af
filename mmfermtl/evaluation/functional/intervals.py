"""Confidence intervals of accuracies."""
import math
from statistics import NormalDist
from typing import Hashable, Sequence, Tuple

import numpy as np
from scipy import stats

Interval = Tuple[float, float]


def wilson_interval(successes: float,
                    trials: float,
                    confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a rate.

    It takes the trials for independent. Frames of one sequence are not, nor
    are sequences of one subject: over frames it is too narrow, over
    sequences less so. See :func:`resample_clusters` for what takes the
    subjects into account.

    Args:
        successes (float): Number of hits; a mean over runs need not be
            whole.
        trials (float): Number of trials, above 0.
        confidence (float): In (0, 1). Defaults to 0.95.

    Returns:
        tuple[float, float]: Bounds in percent.

    Raises:
        ValueError: If there is no trial, or fewer trials than hits.

    References:
        Wilson, Probable inference, the law of succession, and statistical
        inference, JASA 22 (1927).
    """
    if trials <= 0 or not 0 <= successes <= trials:
        raise ValueError(f'{successes} hits of {trials} trials; expected at '
                         'least one trial, and no more hits than trials')
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, scale = successes / trials, z * z / trials
    centre = rate + scale / 2
    half = z * math.sqrt(rate * (1 - rate) / trials + scale / trials / 4)
    low, high = ((centre + sign * half) / (1 + scale) for sign in (-1, 1))
    return 100 * max(0., low), 100 * min(1., high)


def sum_by_cluster(clusters: Sequence[Hashable],
                   values: np.ndarray) -> np.ndarray:
    """Add up the values of each cluster.

    Args:
        clusters (Sequence[Hashable]): Cluster of each sample ``(N, )``, such
            as its subject.
        values (np.ndarray): ``(N, ...)``.

    Returns:
        np.ndarray: ``(K, ...)`` float64, in sorted order of the clusters.
    """
    order = {key: i for i, key in enumerate(sorted(set(clusters)))}
    values = np.asarray(values, np.float64)
    sums = np.zeros((len(order), *values.shape[1:]))
    np.add.at(sums, [order[key] for key in clusters], values)
    return sums


def resample_clusters(totals: np.ndarray,
                      draws: int = 10000,
                      seed: int = 0) -> np.ndarray:
    """Bootstrap whole clusters: draw as many as there are, with replacement.

    Samples of one subject are alike, so that subjects are drawn, not
    samples. Two calls with the same number of clusters, draws and seed draw
    the same clusters, which pairs what is compared.

    Args:
        totals (np.ndarray): What each cluster adds to the sums, ``(K,
            ...)``: numbers of hits and samples, or a confusion matrix.
        draws (int): Defaults to 10000.
        seed (int): Defaults to 0.

    Returns:
        np.ndarray: The sums of each draw ``(draws, ...)``.
    """
    totals = np.asarray(totals, np.float64)
    number = len(totals)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(number, [1 / number] * number, size=draws)
    sums = counts @ totals.reshape(number, -1)
    return sums.reshape(draws, *totals.shape[1:])


def percentile_interval(values: np.ndarray,
                        confidence: float = 0.95) -> Interval:
    """Middle part of bootstrap values; those that are NaN do not count.

    Args:
        values (np.ndarray): ``(draws, )``.
        confidence (float): In (0, 1). Defaults to 0.95.

    Returns:
        tuple[float, float]: Bounds.
    """
    tail = 50 * (1 - confidence)
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)


def t_over_folds(values: Sequence[float],
                 num_folds: int,
                 confidence: float = 0.95) -> Interval:
    """Student's interval of a mean over the folds of a cross-validation.

    The training sets of the folds overlap, so that the folds are not
    independent: the variance of the mean gets the factor ``1 / k + 1 /
    (num_folds - 1)`` in the place of ``1 / k``, the second term being the
    size of a test set relative to its training set.

    Args:
        values (Sequence[float]): At least two, ``k`` of them, such as a
            difference a fold.
        num_folds (int): Into how many folds the data are divided.
        confidence (float): In (0, 1). Defaults to 0.95.

    Returns:
        tuple[float, float]: Bounds.

    Raises:
        ValueError: If there are fewer than two values.

    References:
        Nadeau and Bengio, Inference for the generalization error, Machine
        Learning 52 (2003).
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        raise ValueError(f'{len(values)} value(s); expected at least two')
    variance = values.var(ddof=1) * (1 / len(values) + 1 / (num_folds - 1))
    return _t_bounds(values.mean(), variance, len(values) - 1, confidence)


def seed_interval(values: Sequence[float],
                  draws: np.ndarray,
                  confidence: float = 0.95) -> Interval:
    """Interval of a mean over seeds, for other subjects and other seeds.

    A bootstrap of subjects holds nothing of what another seed would give, or
    another pretrained checkpoint, where each seed begins with one of its
    own. Here the variance over bootstrap draws and that over seeds add up;
    Student's distribution has the degrees of freedom of Welch and
    Satterthwaite. Ours.

    Args:
        values (Sequence[float]): A score a seed, at least two.
        draws (np.ndarray): The mean over seeds in each draw of subjects.
        confidence (float): In (0, 1). Defaults to 0.95.

    Returns:
        tuple[float, float]: Bounds.

    Raises:
        ValueError: If there are fewer than two seeds.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        raise ValueError(f'{len(values)} seed(s); expected at least two')
    subjects = float(np.nanvar(draws, ddof=1))
    seeds = float(values.var(ddof=1)) / len(values)
    total = subjects + seeds
    # The subjects are many: their variance is taken for known.
    degrees = (len(values) - 1) * (total / seeds)**2 if seeds else math.inf
    return _t_bounds(values.mean(), total, degrees, confidence)


def _t_bounds(mean: float, variance: float, degrees: float,
              confidence: float) -> Interval:
    """Bounds of a mean whose estimate has a variance."""
    quantile = float(stats.t.ppf((1 + confidence) / 2, degrees))
    half = quantile * math.sqrt(variance)
    return float(mean - half), float(mean + half)
