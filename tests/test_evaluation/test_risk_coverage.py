"""Risk and coverage, by hand and by all orders."""
import itertools

import numpy as np
import pytest

from mmfermtl.evaluation.functional.risk_coverage import (
    area_under_risk_coverage, risk_coverage)


def test_by_hand():
    correct = np.array([True, False, True, True])
    doubt = np.array([.1, .9, .3, .2])
    np.testing.assert_allclose(risk_coverage(correct, doubt), [0, 0, 0, .25])
    np.testing.assert_allclose(
        risk_coverage(correct, -doubt), [1, 1 / 2, 1 / 3, 1 / 4])
    assert area_under_risk_coverage(correct, doubt) == pytest.approx(1 / 16)


def test_equal_doubts_are_the_mean_over_orders():
    correct = np.array([True, False, False, True, True])
    doubt = np.array([0, 1, 1, 1, 2])
    curves = []
    for order in itertools.permutations([1, 2, 3]):
        wrong = ~correct[[0, *order, 4]]
        curves.append(np.cumsum(wrong) / np.arange(1, 6))
    np.testing.assert_allclose(
        risk_coverage(correct, doubt), np.mean(curves, axis=0))


def test_a_doubt_that_says_nothing_has_the_error_everywhere():
    correct = np.array([True, True, False, True])
    np.testing.assert_allclose(risk_coverage(correct, np.zeros(4)), 0.25)
