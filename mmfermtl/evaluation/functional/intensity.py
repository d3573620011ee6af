"""Measure whether an expression grows with its intensity."""
from typing import Tuple

import numpy as np
from scipy.stats import rankdata


def intensity_scores(probabilities: np.ndarray,
                     tolerance: float = 0.01) -> Tuple[np.ndarray, np.ndarray]:
    """Score sweeps of intensity from 0 to 1.

    Args:
        probabilities (np.ndarray): ``(N, S)``, of the target at ``S`` rising
            intensities, two or more.
        tolerance (float): By how much a probability may fall from one step
            to the next and still count as rising. Defaults to 0.01.

    Returns:
        tuple[np.ndarray, np.ndarray]: Whether each sweep rises, ``(N, )``
        bool: it never falls by more than the tolerance, and its end is above
        its start; and Spearman's rank correlation with the intensity,
        ``(N, )`` in [-1, 1], 0 for a constant sweep.
    """
    steps = np.diff(probabilities, axis=1)
    rising = (steps >= -tolerance).all(1) & (
        probabilities[:, -1] > probabilities[:, 0])
    # Not scipy.stats.spearmanr, which takes one sweep at a time and gives NaN
    # for a constant one.
    ranks = rankdata(probabilities, axis=1)
    ranks -= ranks.mean(1, keepdims=True)
    order = np.arange(probabilities.shape[1]) * 1.
    order -= order.mean()
    norms = np.linalg.norm(ranks, axis=1) * np.linalg.norm(order)
    return rising, (ranks @ order) / np.where(norms > 0, norms, 1)
