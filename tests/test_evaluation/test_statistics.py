"""Scores, intervals and tests, against values by hand and of scipy."""
import math

import numpy as np
import pytest
from scipy import stats

from mmfermtl.evaluation.functional import (average_frames, count_confusion,
                                            score_confusion, seed_interval,
                                            wilson_interval)
from mmfermtl.evaluation.functional.intervals import (percentile_interval,
                                                      resample_clusters,
                                                      sum_by_cluster,
                                                      t_over_folds)
from mmfermtl.evaluation.functional.paired_tests import (count_discordant,
                                                         mcnemar_exact,
                                                         paired_difference)


def test_scores_by_hand():
    confusion = count_confusion([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0], 3)
    assert confusion.tolist() == [[3, 1, 0], [1, 1, 0], [0, 0, 0]]
    scores = score_confusion(confusion)
    assert scores['accuracy'] == pytest.approx(400 / 6)
    assert scores['uar'] == pytest.approx((75 + 50) / 2)
    # F1: 6 / 8 and 2 / 4.
    assert scores['macro_f1'] == pytest.approx((75 + 50) / 2)
    assert scores['recalls'][:2].tolist() == [75, 50]
    # Nobody showed the third class: it is no failure.
    assert math.isnan(scores['recalls'][2])


def test_a_class_never_predicted_counts_as_zero():
    scores = score_confusion(count_confusion([0, 1], [0, 0], 2))
    assert scores['macro_f1'] == pytest.approx(100 / 3)
    assert scores['recalls'].tolist() == [100, 0]


def test_many_matrices_at_once():
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 9, (4, 5, 3, 3))
    together = score_confusion(stack)
    alone = score_confusion(stack[2, 3])
    for name, value in together.items():
        np.testing.assert_allclose(value[2, 3], alone[name])
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


@pytest.mark.parametrize('hits, trials', [(0, 10), (955, 981), (327, 327),
                                          (81, 263)])
def test_wilson_equals_scipy(hits, trials):
    want = stats.binomtest(hits, trials).proportion_ci(method='wilson')
    got = wilson_interval(hits, trials)
    assert got == pytest.approx((100 * want.low, 100 * want.high))


def test_wilson_needs_trials():
    for hits, trials in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match='at least one trial'):
            wilson_interval(hits, trials)


@pytest.mark.parametrize('number', [2, 3, 10])
@pytest.mark.parametrize('confidence', [0.5, 0.95])
def test_t_over_folds_has_the_factor_of_nadeau_and_bengio(number, confidence):
    """Ten folds: the variance of the mean is (1/10 + 1/9) of that of folds,
    in the place of 1/10."""
    values = np.random.default_rng(number).normal(1, 2, number)
    scale = values.std(ddof=1) * math.sqrt(1 / number + 1 / 9)
    want = stats.t.interval(
        confidence, number - 1, loc=values.mean(), scale=scale)
    assert t_over_folds(values, 10, confidence) == pytest.approx(want)


def test_intervals_need_two_values():
    with pytest.raises(ValueError, match='1 value.* at least two'):
        t_over_folds([1.], 10)
    with pytest.raises(ValueError, match='1 seed.* at least two'):
        seed_interval([1.], np.zeros(5))


def test_seed_interval_adds_the_variance_of_seeds():
    draws = np.random.default_rng(0).normal(3, 2, 100000)
    # Seeds that agree leave the interval of the subjects.
    low, high = seed_interval([3., 3.], draws)
    assert (low, high) == pytest.approx((3 - 1.96 * 2, 3 + 1.96 * 2), abs=0.05)
    # Two seeds 8 apart have a mean of variance 16; by Welch and
    # Satterthwaite 20**2 / 16**2 degrees of freedom.
    low, high = seed_interval([-1., 7.], draws)
    want = stats.t.interval(0.95, 20**2 / 16**2, loc=3, scale=math.sqrt(20))
    assert (low, high) == pytest.approx(want, rel=0.02)


def test_bootstrap_draws_clusters():
    """Of two clusters of one value each, half of the draws mix them."""
    values = np.array([1., 1., 1., 0., 0., 0.])
    totals = sum_by_cluster(list('bbbaaa'), np.stack([values, np.ones(6)], 1))
    assert totals.tolist() == [[0, 3], [3, 3]]
    sums = resample_clusters(totals, 4000)
    means = sums[:, 0] / sums[:, 1]
    assert set(means) == {0., 0.5, 1.}
    assert (means == 0.5).mean() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(sums, resample_clusters(totals, 4000))


def test_bootstrap_has_the_spread_of_theory():
    """With one sample a cluster it is the usual bootstrap of a mean."""
    values = np.random.default_rng(1).normal(0, 1, 200)
    sums = resample_clusters(values)
    low, high = percentile_interval(sums / 200)
    half = 1.96 * values.std() / math.sqrt(200)
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_bootstrap_of_confusions_keeps_their_shape():
    totals = np.random.default_rng(0).integers(0, 3, (8, 2, 2))
    sums = resample_clusters(totals, 5)
    assert sums.shape == (5, 2, 2)
    np.testing.assert_array_equal(
        sums[:, 0, 1],
        resample_clusters(totals.reshape(8, 4), 5)[:, 1])


@pytest.mark.parametrize('b, c', [(0, 0), (0, 5), (7, 7), (3, 12), (400, 350)])
def test_mcnemar_equals_the_binomial_test(b, c):
    want = stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.
    assert mcnemar_exact(b, c) == pytest.approx(want)


def test_discordant_samples():
    counts = count_discordant([1, 1, 0, 0, 1], [1, 0, 1, 0, 0])
    assert counts == dict(only_first=2, only_second=1, samples=5, p=1.)


def test_paired_difference_by_hand():
    result = paired_difference([[1, 0, 0, -1, 1, 1]], list('aabbcc'),
                               [0, 0, 0, 0, 1, 1], 2)
    assert result['pooled'] == pytest.approx(100 / 3)
    assert result['folds'] == {0: 0, 1: 100}
    assert result['mean_of_folds'] == 50
    # The standard error of two folds is 50; the factor is 1/2 + 1/1.
    want = stats.t.interval(0.95, 1, loc=50, scale=50 * math.sqrt(3))
    assert result['t_over_folds'] == pytest.approx(want)
    low, high = result['subject_bootstrap']
    # The subjects alone have 50, -50 and 100.
    assert (low, high) == (-50, 100)
    assert result['subjects_and_seeds'] is None
    alone = paired_difference([[1, 0]], ['a', 'b'], [3, 3], 10)
    assert alone['t_over_folds'] is None


def test_paired_difference_of_seeds():
    result = paired_difference([[1, 0, 0, 1], [0, 0, 0, -1]], list('aabb'),
                               [0, 0, 1, 1], 2)
    assert result['pooled'] == 12.5
    assert result['seeds'] == [50, -25]
    low, high = result['subjects_and_seeds']
    inner = result['subject_bootstrap']
    assert low < inner[0] and inner[1] < high


def test_pairing_narrows_the_interval():
    """Two classifiers that err on the same subjects hardly differ."""
    rng = np.random.default_rng(0)
    subjects = np.repeat(np.arange(50), 6)
    first = rng.random(300) < np.repeat(rng.random(50), 6)
    second = first ^ (rng.random(300) < 0.02)
    result = paired_difference((second.astype(int) - first)[None], subjects,
                               subjects % 5, 5)
    low, high = result['subject_bootstrap']
    pairs = np.stack([first, np.ones(300)], 1)
    sums = resample_clusters(sum_by_cluster(subjects, pairs))
    alone = percentile_interval(100 * sums[:, 0] / sums[:, 1])
    assert low <= result['pooled'] <= high
    assert high - low < (alone[1] - alone[0]) / 3
