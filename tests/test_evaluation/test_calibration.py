"""Temperature, calibration errors and selective accuracy."""
import numpy as np
import pytest
from mapie.metrics.calibration import expected_calibration_error
from scipy.optimize import minimize_scalar

from mmfermtl.evaluation.functional.calibration import (
    BINS, MAX_TEMPERATURE, MIN_TEMPERATURE, brier_score, calibration_error,
    confidence_bins, fit_temperature, negative_log_likelihood,
    selective_accuracy, temperature_softmax)


def draw(number=4000, temperature=2.5, seed=0):
    """Logits that are too large by a factor, and labels."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(number, 5)) * 2
    chances = temperature_softmax(true)
    labels = (chances.cumsum(1) < rng.random((number, 1))).sum(1)
    return true * temperature, labels.clip(0, 4)


def test_the_temperature_is_found():
    logits, labels = draw()
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(2.5, rel=0.05)

    def loss(log):
        return negative_log_likelihood(
            temperature_softmax(logits, np.exp(log)), labels)

    best = minimize_scalar(loss, bounds=(-3, 3), method='bounded')
    assert np.log(found) == pytest.approx(best.x, abs=1e-4)
    assert loss(np.log(found)) <= best.fun + 1e-9


def test_weights_are_as_repetitions():
    logits, labels = draw(60)
    weights = np.arange(60) % 3
    again = fit_temperature(logits.repeat(weights, 0), labels.repeat(weights))
    assert fit_temperature(logits, labels, weights) == pytest.approx(again)


def test_nothing_to_learn_from():
    eye = np.eye(4) * 3
    assert fit_temperature(eye, np.arange(4)) == pytest.approx(MIN_TEMPERATURE)
    assert fit_temperature(-eye,
                           np.arange(4)) == pytest.approx(MAX_TEMPERATURE)


def test_scores_by_hand():
    chances = np.array([[.5, .3, .2], [.1, .1, .8]])
    labels = np.array([0, 1])
    assert negative_log_likelihood(chances, labels) == pytest.approx(
        -(np.log(.5) + np.log(.1)) / 2)
    assert brier_score(chances, labels) == pytest.approx(
        (.25 + .09 + .04 + .01 + .81 + .64) / 2)
    weights = np.array([3, 1])
    assert brier_score(chances, labels, weights) == pytest.approx(
        (3 * .38 + 1.46) / 4)
    assert temperature_softmax(np.log(chances)) == pytest.approx(chances)


def test_bins_by_hand():
    sure = np.array([.25, .5, .51, .9])
    hits = np.array([True, False, True, True])
    # Two bins of equal width, up to a half and above it.
    confidence, accuracy, mass = confidence_bins(sure, hits, bins=2)
    assert confidence == pytest.approx([.375, .705])
    assert accuracy.tolist() == [.5, 1] and mass.tolist() == [.5, .5]
    assert calibration_error(
        sure, hits, bins=2) == pytest.approx((.125 + .295) / 2)
    # Four bins of equal mass hold an image each.
    parts = confidence_bins(sure, hits, True, bins=4)
    assert parts[0].tolist() == sure.tolist()
    # One image that counts half fills half of the first of two bins.
    weights = np.array([1, 1, 1, 3])
    _, _, mass = confidence_bins(sure, hits, True, weights, bins=2)
    assert mass.tolist() == [.5, .5]


def test_errors_are_those_of_mapie():
    """Its bins are one fewer than their number, the edges."""
    logits, labels = draw(1500)
    chances = temperature_softmax(logits)
    sure, hits = chances.max(1), chances.argmax(1) == labels
    assert calibration_error(sure, hits) == pytest.approx(
        expected_calibration_error(
            hits.astype(int),
            chances,
            num_bins=BINS + 1,
            split_strategy='uniform'))
    # With 1500 different values, both divide the sorted ones into 15 parts.
    edges = np.split(np.argsort(sure), BINS)
    want = sum(abs(hits[k].mean() - sure[k].mean()) for k in edges) / BINS
    assert calibration_error(sure, hits, True) == pytest.approx(want)


def test_selective_accuracy_by_hand():
    sure = np.array([.9, .4, .8, .4])
    hits = np.array([True, True, False, False])
    share, accuracy = selective_accuracy(sure, hits)
    assert share.tolist() == [.25, .5, 1]  # those of equal confidence at once
    assert accuracy.tolist() == [1, .5, .5]
    share, accuracy = selective_accuracy(sure, hits, np.array([2, 1, 1, 1]))
    assert share.tolist() == [.4, .6, 1]
    assert accuracy == pytest.approx([1, 2 / 3, .6])
