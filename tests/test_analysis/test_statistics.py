"""Intervals and tests, compared with SciPy and values by hand."""
import math

import numpy as np
import pytest
from scipy import stats

from mmfermtl.analysis.cross_validation import intervals, paired_tests
from mmfermtl.analysis.cross_validation.pooled_predictions import \
    PooledPredictions
from mmfermtl.analysis.cross_validation.pooled_scores import score_predictions


@pytest.mark.parametrize('hits, trials', [(0, 10), (955, 981), (327, 327),
                                          (81, 263)])
def test_wilson_equals_scipy(hits, trials):
    want = stats.binomtest(hits, trials).proportion_ci(method='wilson')
    got = intervals.wilson_interval(hits, trials)
    assert got == pytest.approx((100 * want.low, 100 * want.high))


@pytest.mark.parametrize('number', [2, 3, 10])
def test_t_over_folds_has_the_factor_of_nadeau_and_bengio(number):
    """For ten folds it is 1/10 + 1/9 in the place of 1/10."""
    values = np.random.default_rng(number).normal(1, 2, number)
    scale = values.std(ddof=1) * math.sqrt(1 / number + 1 / 9)
    want = stats.t.interval(0.95, number - 1, loc=values.mean(), scale=scale)
    assert intervals.t_over_folds(values, 10) == pytest.approx(want)


def test_seed_interval_adds_the_variance_of_seeds():
    draws = np.random.default_rng(0).normal(3, 2, 100000)
    # Equal seeds give the interval of the subjects.
    low, high = intervals.seed_interval([3., 3.], draws)
    assert (low, high) == pytest.approx((3 - 1.96 * 2, 3 + 1.96 * 2), abs=0.05)
    # Two seeds 8 apart have a mean of variance 16; by Welch and
    # Satterthwaite 20**2 / 16**2 degrees of freedom.
    low, high = intervals.seed_interval([-1., 7.], draws)
    want = stats.t.interval(0.95, 20**2 / 16**2, loc=3, scale=math.sqrt(20))
    assert (low, high) == pytest.approx(want, rel=0.02)


def test_bootstrap_draws_clusters():
    """Of two clusters of one value each, half of the draws mix them."""
    values = np.array([1., 1., 1., 0., 0., 0.])
    totals = intervals.sum_by_cluster(
        list('bbbaaa'), np.stack([values, np.ones(6)], 1))
    assert totals.tolist() == [[0, 3], [3, 3]]
    sums = intervals.resample_clusters(totals, 4000)
    means = sums[:, 0] / sums[:, 1]
    assert set(means) == {0., 0.5, 1.}
    assert (means == 0.5).mean() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_array_equal(sums,
                                  intervals.resample_clusters(totals, 4000))


def test_bootstrap_has_the_spread_of_theory():
    """With one sample a cluster it is the usual bootstrap of a mean."""
    values = np.random.default_rng(1).normal(0, 1, 200)
    sums = intervals.resample_clusters(values)
    low, high = intervals.percentile_interval(sums / 200)
    half = 1.96 * values.std() / math.sqrt(200)
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_bootstrap_of_confusions_keeps_their_shape():
    totals = np.random.default_rng(0).integers(0, 3, (8, 2, 2))
    sums = intervals.resample_clusters(totals, 5)
    assert sums.shape == (5, 2, 2)
    np.testing.assert_array_equal(
        sums[:, 0, 1],
        intervals.resample_clusters(totals.reshape(8, 4), 5)[:, 1])


def test_discordant_samples_by_hand():
    counts = paired_tests.count_discordant([1, 1, 0, 0, 1], [1, 0, 1, 0, 0])
    assert counts == dict(only_first=2, only_second=1, samples=5, p=1.)
    # All of five in one direction: 2 / 2**5.
    assert paired_tests.count_discordant([1] * 6, [0] * 5 + [1])['p'] == 0.0625
    assert paired_tests.count_discordant([1, 0], [1, 0])['p'] == 1


def test_paired_difference_by_hand():
    result = paired_tests.paired_difference([[0, 0, 1, 1, 0, 0]],
                                            [[1, 0, 1, 0, 1, 1]],
                                            list('aabbcc'), [0, 0, 0, 0, 1, 1],
                                            2)
    assert result['pooled'] == pytest.approx(100 / 3)
    assert result['folds'] == {0: 0, 1: 100}
    assert result['mean_of_folds'] == 50
    # The standard error of two folds is 50; the factor is 1/2 + 1/1.
    want = stats.t.interval(0.95, 1, loc=50, scale=50 * math.sqrt(3))
    assert result['t_over_folds'] == pytest.approx(want)
    low, high = result['subject_bootstrap']
    # The three subjects have 50, -50 and 100.
    assert (low, high) == (-50, 100)
    assert result['subjects_and_seeds'] is None
    single = paired_tests.paired_difference([[0, 0]], [[1, 0]], ['a', 'b'],
                                            [3, 3], 10)
    assert single['t_over_folds'] is None


def test_paired_difference_of_seeds():
    result = paired_tests.paired_difference([[0, 0, 1, 0], [1, 0, 0, 1]],
                                            [[1, 0, 1, 1], [1, 0, 0, 0]],
                                            list('aabb'), [0, 0, 1, 1], 2)
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
    result = paired_tests.paired_difference(first[None], second[None],
                                            subjects, subjects % 5, 5)
    low, high = result['subject_bootstrap']
    pairs = np.stack([first, np.ones(300)], 1)
    sums = intervals.resample_clusters(
        intervals.sum_by_cluster(subjects, pairs))
    unpaired = intervals.percentile_interval(100 * sums[:, 0] / sums[:, 1])
    assert low <= result['pooled'] <= high
    assert high - low < (unpaired[1] - unpaired[0]) / 3


def test_uar_difference_weighs_classes_alike():
    # Class 0 has four images, all corrected; class 1 one, which is lost.
    result = paired_tests.paired_uar_difference([[0, 0, 0, 0, 1]],
                                                [[1, 1, 1, 1, 0]],
                                                [0, 0, 0, 0, 1], list('aabbc'))
    assert result['pooled'] == 0 and result['subjects_and_seeds'] is None
    # Draws of a and b alone have class 0 only, those of c class 1 only.
    assert result['subject_bootstrap'] == (-100, 100)
    # Where each subject shows each class once, it is that in accuracy.
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 3, 40)) < 0.6
    subjects, labels = np.repeat(np.arange(10), 4), np.tile(np.arange(4), 10)
    uar = paired_tests.paired_uar_difference(first, second, labels, subjects)
    accuracy = paired_tests.paired_difference(first, second, subjects,
                                              subjects % 2, 2)
    for key in ('pooled', 'seeds', 'subject_bootstrap', 'subjects_and_seeds'):
        assert uar[key] == pytest.approx(accuracy[key])


def sample(**fields):
    """An image of a sequence; fields that differ are given."""
    usual = dict(
        fold=0,
        dataset='D',
        subject='1',
        sequence='1',
        frame_index=0,
        img_path=None)
    return dict(usual, **fields)


def test_ensemble_of_seeds_by_hand():
    """Two seeds that are wrong on other images are right together."""
    samples = [sample(subject=str(k), gt_label=0) for k in range(3)]
    scores = np.array([[[.9, .1], [.4, .6], [.1, .9]],
                       [[.4, .6], [.9, .1], [.2, .8]]])
    pooled = PooledPredictions(samples, [0, 1], scores.argmax(2), scores)
    found = score_predictions(pooled, ['a', 'b'])
    assert found['pooled_accuracy'] == pytest.approx(100 / 3)
    assert found['ensemble']['accuracy'] == pytest.approx(200 / 3)
    assert found['ensemble']['sequence_accuracy'] == pytest.approx(200 / 3)
    low, high = found['ensemble']['subject_bootstrap']
    assert low == 0 and high == 100
    one = score_predictions(pooled.keep_seeds([1]), ['a', 'b'])
    assert one['ensemble'] is None


def test_intervals_of_scores_stay_within_100_percent():
    samples = [sample(subject=str(k), gt_label=k % 2) for k in range(20)]
    right = np.array([k % 2 for k in range(20)])
    for wrong, bound in (([0], 1), (range(1, 20), 0)):
        labels = np.stack([right, right])
        labels[1, wrong] = 1 - right[wrong]
        labels[0, list(wrong)[1:]] = 1 - right[list(wrong)[1:]]
        pooled = PooledPredictions(samples, [0, 1], labels, np.eye(2)[labels])
        found = score_predictions(pooled, ['a', 'b'])['intervals']
        for interval in found['subjects_and_seeds'].values():
            assert interval[bound] == 100 * bound


def test_interval_of_macro_f1_is_that_of_the_mean_over_seeds():
    """One subject, so that all draws are equal to what was observed."""
    samples = [sample(sequence=str(k), gt_label=k // 3) for k in range(6)]
    # The first seed calls nearly all of them a, the second one all b.
    labels = np.array([[0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 1]])
    pooled = PooledPredictions(samples, [0, 1], labels, np.eye(2)[labels])
    found = score_predictions(pooled, ['a', 'b'])
    for name in ('uar', 'macro_f1'):
        assert found['intervals']['subject_bootstrap'][name] == pytest.approx(
            (found[name], found[name]))
