"""Correct probabilities for how often each class was trained on.

A network learns how often each expression is in its training data. Where
faces are distributed otherwise, as in a laboratory, a rare expression is then
missed. Dividing the probability of each class by its frequency to the power
of ``strength``, before they are normalised, corrects that: 0 changes nothing,
1 is Bayes' rule for classes that are all as frequent.

References:
    Menon et al., Long-tail Learning via Logit Adjustment, 2021: the post-hoc
    form, with a tuned strength (their tau).
"""
import numpy as np


def adjust_probabilities(probabilities: np.ndarray, frequencies: np.ndarray,
                         strength: float) -> np.ndarray:
    """Divide probabilities ``(N, E)`` by ``frequencies ** strength``.

    A negative strength takes it back.

    Returns:
        np.ndarray: ``(N, E)`` float64 with rows that sum to 1.
    """
    scaled = np.asarray(probabilities, np.float64) / np.asarray(
        frequencies, np.float64)**strength
    return scaled / scaled.sum(1, keepdims=True)
