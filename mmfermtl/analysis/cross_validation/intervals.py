"""Confidence intervals of 95 % for the scores of a cross-validation."""
import math
from statistics import NormalDist
from typing import Any, Sequence, Tuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

Interval = Tuple[float, float]
#: Draws of the bootstrap.
DRAWS = 10000
#: Probability below the upper bound of a two-sided interval of 95 %.
_UPPER = (1 + 0.95) / 2


def wilson_interval(successes: float, trials: int) -> Interval:
    """Compute Wilson's score interval of a rate, in percent.

    It assumes independent trials. Frames of a sequence are not, nor are the
    sequences of a subject, so that the interval over frames is too narrow;
    :func:`resample_clusters` respects the subjects. A mean number of
    successes over runs need not be whole, which SciPy's function requires.

    References:
        Wilson, Probable inference, the law of succession, and statistical
        inference, JASA 22 (1927).
    """
    z = NormalDist().inv_cdf(_UPPER)
    rate, scale = successes / trials, z * z / trials
    centre = rate + scale / 2
    half = z * math.sqrt(rate * (1 - rate) / trials + scale / trials / 4)
    low, high = ((centre + sign * half) / (1 + scale) for sign in (-1, 1))
    return 100 * max(0., low), 100 * min(1., high)


def sum_by_cluster(clusters: Sequence[Any], values: np.ndarray) -> np.ndarray:
    """Sum values ``(N, ...)`` by cluster, such as the subject of each sample.

    The sums are ``(K, ...)`` float64, the clusters in sorted order.
    """
    order = {key: i for i, key in enumerate(sorted(set(clusters)))}
    values = np.asarray(values, np.float64)
    sums = np.zeros((len(order), *values.shape[1:]))
    np.add.at(sums, [order[key] for key in clusters], values)
    return sums


def resample_clusters(totals: np.ndarray, draws: int = DRAWS) -> np.ndarray:
    """Bootstrap whole clusters: draw K of K clusters with replacement.

    The samples of a subject are correlated, so that subjects are drawn
    instead of samples. Two calls with the same number of clusters and draws
    draw the same clusters, which pairs what is compared.

    Args:
        totals (np.ndarray): Sums of each cluster ``(K, ...)``: hits and
            samples, or a confusion matrix.
        draws (int): Defaults to 10000.

    Returns:
        np.ndarray: Sums of each draw ``(draws, ...)`` float64.
    """
    totals = np.asarray(totals, np.float64)
    number = len(totals)
    rng = np.random.default_rng(0)
    counts = rng.multinomial(number, [1 / number] * number, size=draws)
    sums = counts @ totals.reshape(number, -1)
    return sums.reshape(draws, *totals.shape[1:])


def percentile_interval(values: np.ndarray) -> Interval:
    """Compute the central 95 % of values ``(draws, )``, NaN ignored."""
    tail = 50 * (1 - 0.95)
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)


def t_over_folds(values: ArrayLike, num_folds: int) -> Interval:
    """Compute Student's interval of a mean over folds ``(k, )``, ``k > 1``.

    The training sets of the ``num_folds`` folds overlap, so that the folds
    are not independent: the variance of the mean gets the factor ``1 / k + 1
    / (num_folds - 1)`` in the place of ``1 / k``, the second term being the
    size of a test set relative to its training set.

    References:
        Nadeau and Bengio, Inference for the generalization error, Machine
        Learning 52 (2003).
    """
    values = np.asarray(values, np.float64)
    variance = values.var(ddof=1) * (1 / len(values) + 1 / (num_folds - 1))
    return _t_interval(values.mean(), variance, len(values) - 1)


def seed_interval(values: ArrayLike, draws: np.ndarray) -> Interval:
    """Compute the interval of a mean over seeds, for other subjects and seeds.

    A bootstrap of subjects does not cover other seeds, nor other pretrained
    checkpoints, of which each seed has one. Here the variances over bootstrap
    draws and over seeds are added; Student's distribution has the degrees of
    freedom of Welch and Satterthwaite. Our choice.

    Args:
        values (Sequence[float]): Score of each seed ``(S, )``, ``S > 1``.
        draws (np.ndarray): Mean over seeds in each draw ``(draws, )``.

    Returns:
        tuple[float, float]: Bounds.
    """
    values = np.asarray(values, np.float64)
    subjects = float(np.nanvar(draws, ddof=1))
    seeds = float(values.var(ddof=1)) / len(values)
    total = subjects + seeds
    # The subjects are many: their variance is taken as known.
    degrees = (len(values) - 1) * (total / seeds)**2 if seeds else math.inf
    return _t_interval(values.mean(), total, degrees)


def _t_interval(mean: float, variance: float, degrees: float) -> Interval:
    """Compute the interval of a mean whose estimate has this variance."""
    # Not stats.t.interval(), which returns NaN where the variance is 0.
    half = float(stats.t.ppf(_UPPER, degrees)) * math.sqrt(variance)
    return float(mean - half), float(mean + half)
