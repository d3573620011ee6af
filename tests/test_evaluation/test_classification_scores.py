"""Scores of classifications, computed by hand."""
import math

import numpy as np
import pytest

from mmfermtl.evaluation.functional import (average_frames, count_confusion,
                                            score_confusion)


def test_scores_by_hand():
    confusion = count_confusion([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0], 3)
    assert confusion.tolist() == [[3, 1, 0], [1, 1, 0], [0, 0, 0]]
    scores = score_confusion(confusion)
    assert scores['accuracy'] == pytest.approx(400 / 6)
    assert scores['uar'] == pytest.approx((75 + 50) / 2)
    # F1: 6 / 8 and 2 / 4.
    assert scores['macro_f1'] == pytest.approx((75 + 50) / 2)
    assert scores['recalls'][:2].tolist() == [75, 50]
    # The third class has no samples.
    assert math.isnan(scores['recalls'][2])


def test_a_class_never_predicted_counts_as_zero():
    scores = score_confusion(count_confusion([0, 1], [0, 0], 2))
    assert scores['macro_f1'] == pytest.approx(100 / 3)
    assert scores['recalls'].tolist() == [100, 0]


def test_many_matrices_at_once():
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 9, (4, 5, 3, 3))
    together = score_confusion(stack)
    single = score_confusion(stack[2, 3])
    for name, value in together.items():
        np.testing.assert_allclose(value[2, 3], single[name])
    assert np.isnan(score_confusion(np.zeros((2, 2)))['accuracy'])


@pytest.mark.parametrize('labels, predictions', [([0, 2], [0, 1]),
                                                 ([0, -1], [0, 1]),
                                                 ([0], [0, 1])])
def test_wrong_labels(labels, predictions):
    with pytest.raises(ValueError, match='expected'):
        count_confusion(labels, predictions, 2)


def test_frames_are_averaged_by_sequence():
    keys, scores = average_frames(['b', 'a', 'b'], [[1, 0], [0, 1], [0, 1]])
    assert keys == ['b', 'a']
    assert scores.tolist() == [[0.5, 0.5], [0, 1]]
