"""Probabilities are corrected for how often each class was trained on."""
import numpy as np
import pytest

from mmfermtl.utils.logit_adjustment import adjust_probabilities


def test_full_strength_is_the_rule_of_bayes():
    """Of two Gaussian classes, nine of ten faces show the first."""
    x = np.linspace(-3, 3, 31)
    likelihood = np.exp(-(x[:, None] - [-1, 1])**2 / 2)
    learned = likelihood * [.9, .1]
    learned /= learned.sum(1, keepdims=True)
    found = adjust_probabilities(learned, [.9, .1], 1)
    assert found == pytest.approx(likelihood /
                                  likelihood.sum(1, keepdims=True))
    assert np.array_equal(
        adjust_probabilities(learned, [.9, .1], 0).argmax(1),
        learned.argmax(1))
    back = adjust_probabilities(found, [.9, .1], -1)
    assert back == pytest.approx(learned)
