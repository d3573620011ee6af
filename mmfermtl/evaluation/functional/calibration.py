"""Calibrate probabilities, and measure how far they can be believed.

All functions take ``weights`` ``(N, )``, such as one over the number of
frames of each frame's sequence, so that each sequence counts once; None
counts all alike.
"""
from typing import Optional, Tuple

import numpy as np

#: Temperatures that are searched.
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.
#: Bins of a reliability diagram, as in Guo et al.
BINS = 15
Weights = Optional[np.ndarray]


def temperature_softmax(logits: np.ndarray,
                        temperature: float = 1.) -> np.ndarray:
    """Turn logits ``(N, E)`` into probabilities ``(N, E)`` float64."""
    scaled = np.asarray(logits, np.float64) / temperature
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def fit_temperature(logits: np.ndarray,
                    labels: np.ndarray,
                    weights: Weights = None) -> float:
    """Find the temperature of the lowest negative log-likelihood.

    The loss is convex in the inverse temperature: its derivative, the mean
    of expected minus true logit, rises, and its zero is found by bisection.

    Args:
        logits (np.ndarray): ``(N, E)``.
        labels (np.ndarray): Ground truth ``(N, )``.
        weights (np.ndarray, optional): ``(N, )``. Defaults to None.

    Returns:
        float: From :data:`MIN_TEMPERATURE`, where logits only ever need to
        be larger (no error), to :data:`MAX_TEMPERATURE` (no information).

    References:
        Guo et al., On Calibration of Modern Neural Networks, 2017.
    """
    logits = np.asarray(logits, np.float64)
    true = logits[np.arange(len(labels)), labels]
    low, high = 1 / MAX_TEMPERATURE, 1 / MIN_TEMPERATURE
    for _ in range(60):
        middle = np.sqrt(low * high)
        expected = (temperature_softmax(logits, 1 / middle) * logits).sum(1)
        if np.average(expected - true, weights=weights) <= 0:
            low = middle
        else:
            high = middle
    return float(1 / np.sqrt(low * high))


def negative_log_likelihood(probabilities: np.ndarray,
                            labels: np.ndarray,
                            weights: Weights = None) -> float:
    """Average ``-log p`` of the ground truth, in nats."""
    true = probabilities[np.arange(len(labels)), labels]
    return float(-np.average(np.log(np.maximum(true, 1e-12)), weights=weights))


def brier_score(probabilities: np.ndarray,
                labels: np.ndarray,
                weights: Weights = None) -> float:
    """Average the squared distance to the one-hot truth, from 0 to 2."""
    errors = np.array(probabilities, np.float64)
    errors[np.arange(len(labels)), labels] -= 1
    return float(np.average((errors**2).sum(1), weights=weights))


def confidence_bins(
        confidence: np.ndarray,
        hits: np.ndarray,
        equal_mass: bool = False,
        weights: Weights = None,
        bins: int = BINS) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group predictions by the probability of the predicted class.

    Args:
        confidence (np.ndarray): That probability ``(N, )``.
        hits (np.ndarray): Whether each is right ``(N, )``.
        equal_mass (bool): Whether bins hold as many predictions each,
            instead of being as wide each, open at their lower end. Defaults
            to False.
        weights (np.ndarray, optional): ``(N, )``. Defaults to None.
        bins (int): Defaults to 15.

    Returns:
        tuple[np.ndarray]: Mean confidence, accuracy and share of the weight
        of each bin that is not empty.
    """
    weights = np.ones(len(hits)) if weights is None else weights
    share = weights / weights.sum()
    if equal_mass:
        order = np.argsort(confidence, kind='stable')
        middle = np.cumsum(share[order]) - share[order] / 2
        index = np.empty(len(hits), np.int64)
        index[order] = np.floor(middle * bins)
    else:
        index = np.ceil(confidence * bins).astype(np.int64) - 1
    index = index.clip(0, bins - 1)
    mass, sure, right = (
        np.bincount(index, share * values, bins)
        for values in (1., confidence, hits))
    full = mass > 0
    return sure[full] / mass[full], right[full] / mass[full], mass[full]


def calibration_error(confidence: np.ndarray,
                      hits: np.ndarray,
                      equal_mass: bool = False,
                      weights: Weights = None,
                      bins: int = BINS) -> float:
    """Average the distance of confidence and accuracy of the bins (ECE).

    See :func:`confidence_bins`. The value depends on the bins: compare those
    of the same bins and number of predictions alone.
    """
    sure, right, mass = confidence_bins(confidence, hits, equal_mass, weights,
                                        bins)
    return float((np.abs(sure - right) * mass).sum())


def selective_accuracy(
        confidence: np.ndarray,
        hits: np.ndarray,
        weights: Weights = None) -> Tuple[np.ndarray, np.ndarray]:
    """Compute the accuracy of the surest predictions, for each share of them.

    Args:
        confidence (np.ndarray): ``(N, )``.
        hits (np.ndarray): Whether each is right ``(N, )``.
        weights (np.ndarray, optional): ``(N, )``. Defaults to None.

    Returns:
        tuple[np.ndarray]: The share that is answered, rising to 1, and the
        accuracy among it. Predictions of equal confidence are answered
        together.

    References:
        El-Yaniv and Wiener, On the Foundations of Noise-free Selective
        Classification, 2010: one minus the accuracy is the risk of a
        risk-coverage curve.
    """
    weights = np.ones(len(hits)) if weights is None else weights
    order = np.argsort(-confidence, kind='stable')
    sure = confidence[order]
    last = np.append(sure[1:] != sure[:-1], True)
    answered = np.cumsum(weights[order])[last]
    right = np.cumsum((weights * hits)[order])[last]
    return answered / answered[-1], right / answered
