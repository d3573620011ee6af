"""Sets of classes that hold the ground truth as often as was asked for.

Split conformal prediction with the score ``1 - p`` of the ground truth. The
promise holds for subjects drawn as those of the calibration were, whatever
the model: a worse one gets larger sets.
"""
import math
from typing import Optional, Tuple

import numpy as np


def required_units(coverage: float) -> int:
    """Return the least number of scores that can promise a coverage."""
    return math.ceil(round(coverage / (1 - coverage), 9))


def conformal_quantile(scores: np.ndarray, coverage: float) -> Optional[float]:
    """Return the score that a new one exceeds with at most ``1 - coverage``.

    It is the k-th smallest of the ``n`` scores, ``k`` being ``(n + 1) *
    coverage`` rounded up; None if there are fewer than that.
    """
    # 0.9 * 70 is 63.00000000000001 on some machines.
    k = math.ceil(round((len(scores) + 1) * coverage, 9))
    return float(np.sort(scores)[k - 1]) if k <= len(scores) else None


def class_thresholds(scores: np.ndarray, labels: np.ndarray, num_classes: int,
                     coverage: float) -> Tuple[np.ndarray, np.ndarray]:
    """Compute the threshold of each class from units of that class.

    A class with too few units has the threshold of all units together: its
    own coverage is then not promised, only that of the whole.

    Args:
        scores (np.ndarray): ``1 - p`` of the ground truth ``(N, )``, one a
            unit; units are independent of each other.
        labels (np.ndarray): Ground truth ``(N, )``.
        num_classes (int): Number of classes ``E``.
        coverage (float): Share of sets that shall hold the ground truth.

    Returns:
        tuple[np.ndarray]: Thresholds ``(E, )``, and whether each is of the
        class alone ``(E, )`` bool.

    Raises:
        ValueError: If all units together are too few.

    References:
        Vovk et al., Algorithmic Learning in a Random World, 2005 (Mondrian
        conformal predictors); Sadinle et al., Least Ambiguous Set-Valued
        Classifiers with Bounded Error Levels, 2019.
    """
    overall = conformal_quantile(scores, coverage)
    if overall is None:
        raise ValueError(
            f'a coverage of {coverage:g} needs at least '
            f'{required_units(coverage)} sequences, found {len(scores)}; ask '
            'for a lower one, or calibrate on more subjects')
    own = [
        conformal_quantile(scores[labels == k], coverage)
        for k in range(num_classes)
    ]
    return (np.array([overall if value is None else value for value in own]),
            np.array([value is not None for value in own]))


def prediction_sets(probabilities: np.ndarray,
                    thresholds: np.ndarray) -> np.ndarray:
    """Select the classes of each set.

    Args:
        probabilities (np.ndarray): ``(N, E)``.
        thresholds (np.ndarray): ``(E, )``.

    Returns:
        np.ndarray: ``(N, E)`` bool. The most probable class is always in.
    """
    inside = 1 - probabilities <= thresholds
    inside[np.arange(len(inside)), probabilities.argmax(1)] = True
    return inside


def worst_scores(scores: np.ndarray, sequences: np.ndarray) -> np.ndarray:
    """Take the highest score of the frames of each sequence.

    Frames of a sequence resemble each other and do not count as several
    units. The highest score, and not the mean, because a set is made for one
    frame: the threshold of the worst one holds for each frame of a sequence.

    Args:
        scores (np.ndarray): Of frames ``(N, )``.
        sequences (np.ndarray): Number of the sequence of each ``(N, )``, from
            0 without gaps.

    Returns:
        np.ndarray: Of sequences ``(S, )``.
    """
    worst = np.full(int(sequences.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(worst, sequences, scores)
    return worst
