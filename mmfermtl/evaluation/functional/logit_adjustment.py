"""Fit how strongly probabilities are corrected for rare classes.

See :mod:`mmfermtl.utils.logit_adjustment`, which inference uses without
PyTorch.
"""
from typing import Optional

import numpy as np

from ...utils.logit_adjustment import adjust_probabilities

#: Strengths that are searched.
STRENGTHS = np.arange(21) / 20


def class_frequencies(labels: np.ndarray,
                      classes: int,
                      weights: Optional[np.ndarray] = None) -> np.ndarray:
    """Measure how often each class occurs.

    Args:
        labels (np.ndarray): Ground truth ``(N, )``.
        classes (int): Number of classes ``E``.
        weights (np.ndarray, optional): ``(N, )``. Defaults to None, one each.

    Returns:
        np.ndarray: ``(E, )``, above 0 with a sum of 1: each class is counted
        once more than it occurs.
    """
    counts = np.bincount(labels, weights, minlength=classes) + 1.
    return counts / counts.sum()


def mean_recall(predicted: np.ndarray,
                labels: np.ndarray,
                weights: Optional[np.ndarray] = None) -> float:
    """Average the recall of the classes that occur, from 0 to 1.

    Args:
        predicted (np.ndarray): ``(N, )``.
        labels (np.ndarray): Ground truth ``(N, )``.
        weights (np.ndarray, optional): ``(N, )``. Defaults to None.
    """
    weights = np.ones(len(labels)) if weights is None else weights
    total = np.bincount(labels, weights)
    right = np.bincount(labels, weights * (predicted == labels))
    return float((right[total > 0] / total[total > 0]).mean())


def fit_strength(probabilities: np.ndarray,
                 labels: np.ndarray,
                 frequencies: np.ndarray,
                 weights: Optional[np.ndarray] = None) -> float:
    """Find the strength of the highest mean recall on held-out faces.

    Args:
        probabilities (np.ndarray): ``(N, E)``.
        labels (np.ndarray): Ground truth ``(N, )``.
        frequencies (np.ndarray): Of :func:`class_frequencies`, ``(E, )``.
        weights (np.ndarray, optional): ``(N, )``. Defaults to None.

    Returns:
        float: One of :data:`STRENGTHS`, the smallest of the best.
    """
    recalls = [
        mean_recall(
            adjust_probabilities(probabilities, frequencies,
                                 strength).argmax(1), labels, weights)
        for strength in STRENGTHS
    ]
    return float(STRENGTHS[int(np.argmax(recalls))])
