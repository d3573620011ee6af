"""Confidence intervals of accuracies."""
import math
from statistics import NormalDist
from typing import Hashable, Sequence, Tuple

import numpy as np

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


def t_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's interval of a mean.

    Folds share most of their training samples, so that over folds it is
    somewhat too narrow.

    Args:
        values (Sequence[float]): At least two, such as a difference a fold.
        confidence (float): In (0, 1). Defaults to 0.95.

    Returns:
        tuple[float, float]: Bounds.

    Raises:
        ValueError: If there are fewer than two values.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        raise ValueError(f'{len(values)} value(s); expected at least two')
    quantile = t_quantile((1 + confidence) / 2, len(values) - 1)
    half = quantile * values.std(ddof=1) / math.sqrt(len(values))
    mean = values.mean()
    return float(mean - half), float(mean + half)


def t_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t distribution.

    Args:
        probability (float): In [0.5, 1).
        degrees (int): Degrees of freedom, at least 1.

    Returns:
        float: The quantile, at least 0.
    """
    low, high = 0., math.pi / 2
    for _ in range(100):
        middle = (low + high) / 2
        if (1 + _central_t(middle, degrees)) / 2 < probability:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) * math.tan((low + high) / 2)


def _central_t(angle: float, degrees: int) -> float:
    """Probability that |T| is below sqrt(degrees) tan(angle): a finite sum.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3-4.
    """
    cosine = math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.
    total = 0. if degrees == 1 else term
    for k in range(3 if odd else 2, degrees - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    total *= math.sin(angle)
    return (angle + total) * 2 / math.pi if odd else total
