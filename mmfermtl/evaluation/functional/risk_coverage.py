"""Measure how well a doubt tells wrong predictions from right ones."""
import numpy as np


def risk_coverage(correct: np.ndarray, doubt: np.ndarray) -> np.ndarray:
    """Compute the risk of answering only the least doubtful images.

    Images of equal doubt are answered in random order, of which this is the
    mean.

    Args:
        correct (np.ndarray): Whether each prediction is right, ``(N, )``
            bool, one or more.
        doubt (np.ndarray): ``(N, )``, higher for less certain ones.

    Returns:
        np.ndarray: ``(N, )``, in [0, 1]: the share of wrong predictions
        among the least doubtful image, the two, ... and all ``N``.

    References:
        El-Yaniv and Wiener, On the foundations of noise-free selective
        classification, JMLR 11 (2010).
    """
    _, group, sizes = np.unique(doubt, return_inverse=True, return_counts=True)
    wrong = np.bincount(group, weights=~np.asarray(correct, bool)) / sizes
    expected = np.repeat(wrong, sizes)
    return np.cumsum(expected) / np.arange(1, len(expected) + 1)


def area_under_risk_coverage(correct: np.ndarray, doubt: np.ndarray) -> float:
    """Average :func:`risk_coverage` over all coverages, AURC, in [0, 1].

    References:
        Geifman et al., Bias-reduced uncertainty estimation for deep neural
        classifiers, ICLR 2019.
    """
    return float(risk_coverage(correct, doubt).mean())
