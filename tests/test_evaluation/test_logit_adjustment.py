"""The strength with which rare classes are corrected."""
import numpy as np
import pytest

from mmfermtl.evaluation.functional.logit_adjustment import (class_frequencies,
                                                             fit_strength,
                                                             mean_recall)
from mmfermtl.utils.logit_adjustment import adjust_probabilities


def test_frequencies():
    labels = np.array([0, 0, 0, 1])
    assert class_frequencies(labels, 3) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    weights = np.array([1, 1, 1, 3])
    assert class_frequencies(labels, 2, weights).tolist() == [.5, .5]


def test_mean_recall():
    labels, predicted = np.array([0, 0, 0, 0, 2]), np.array([0, 0, 0, 2, 2])
    assert mean_recall(predicted, labels) == pytest.approx((.75 + 1) / 2)
    weights = np.array([1, 1, 1, 3, 1])
    assert mean_recall(predicted, labels, weights) == pytest.approx(.75)


def test_the_strength_that_training_needs():
    """Outputs that know the frequencies by half need half of them taken."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [4000, 1000, 200])
    frequencies = class_frequencies(labels, 3)
    logits = rng.normal(size=(len(labels), 3))
    logits[np.arange(len(labels)), labels] += 1.5
    for true in (0, .5, 1):
        powers = np.exp(1.5 * logits) * frequencies**true
        chances = powers / powers.sum(1, keepdims=True)
        found = fit_strength(chances, labels, frequencies)
        assert abs(found - true) < .2, true
        before = mean_recall(chances.argmax(1), labels)
        after = mean_recall(
            adjust_probabilities(chances, frequencies, found).argmax(1),
            labels)
        assert after >= before
    # Of equal strengths the smallest.
    assert fit_strength(np.eye(3)[labels], labels, frequencies) == 0
