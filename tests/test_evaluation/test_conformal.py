"""Sets of classes hold the truth as often as they promise."""
import numpy as np
import pytest
from crepes import ConformalClassifier
from mapie.classification import SplitConformalClassifier

from mmfermtl.evaluation.functional.calibration import temperature_softmax
from mmfermtl.evaluation.functional.conformal import (class_thresholds,
                                                      conformal_quantile,
                                                      prediction_sets,
                                                      required_units,
                                                      worst_scores)

E = 4


def draw(rng, number, labels=None):
    """Probabilities of a model that is often wrong about class 3."""
    labels = rng.integers(0, E, number) if labels is None else labels
    logits = rng.normal(size=(len(labels), E))
    logits[np.arange(len(labels)), labels] += np.array([3, 2, 2, .5])[labels]
    return temperature_softmax(logits), labels


def true_scores(chances, labels):
    return 1 - chances[np.arange(len(labels)), labels]


def test_quantile_by_hand():
    scores = np.array([.4, .1, .3, .2])
    assert conformal_quantile(scores, .8) == .4  # the 4th of (4 + 1) * 0.8
    assert conformal_quantile(scores, .6) == .3
    assert conformal_quantile(scores, .81) is None
    assert conformal_quantile(np.array([]), .5) is None
    for coverage, number in ((.5, 1), (.8, 4), (.9, 9), (.95, 19), (.99, 99)):
        assert required_units(coverage) == number
        assert conformal_quantile(np.ones(number), coverage) == 1
        assert conformal_quantile(np.ones(number - 1), coverage) is None
    # (69 + 1) * 0.9 is 63, also in floating point.
    assert conformal_quantile(np.arange(1., 70), .9) == 63


def test_rare_classes_have_the_threshold_of_all():
    scores = np.linspace(0, .9, 20)
    labels = np.array([0] * 16 + [1] * 3 + [2])
    thresholds, own = class_thresholds(scores, labels, E, .9)
    assert own.tolist() == [True, False, False, False]
    assert thresholds[0] == scores[15]
    assert thresholds[1:].tolist() == [conformal_quantile(scores, .9)] * 3
    with pytest.raises(ValueError, match='0.99 needs at least 99.*found 20'):
        class_thresholds(scores, labels, E, .99)


def test_the_most_probable_class_is_always_in():
    chances = np.array([[.4, .35, .25], [.2, .5, .3]])
    assert prediction_sets(chances,
                           np.zeros(3)).tolist() == [[True, False, False],
                                                     [False, True, False]]
    assert prediction_sets(chances,
                           np.array([1, .66,
                                     .1])).tolist() == [[True, True, False],
                                                        [True, True, False]]


@pytest.mark.parametrize('coverage', [.8, .9])
def test_sets_are_those_of_crepes(coverage):
    """Of its Mondrian categories, the classes, without smoothing.

    Where ``(n + 1) * (1 - coverage)`` is whole, its sets are larger: it keeps
    a class whose p-value equals ``1 - coverage``. So not here.
    """
    rng = np.random.default_rng(0)
    chances, labels = draw(rng, 0, np.repeat(range(E), [40, 31, 23, 36]))
    new, _ = draw(rng, 500)
    scores = true_scores(chances, labels)
    thresholds, own = class_thresholds(scores, labels, E, coverage)
    assert own.all()
    theirs = ConformalClassifier().fit(scores, bins=labels)
    for k in range(E):
        inside = theirs.predict_set(
            1 - new[:, [k]],
            bins=np.full(len(new), k),
            confidence=coverage,
            smoothing=False)
        assert np.array_equal(inside[:, 0], 1 - new[:, k] <= thresholds[k])
    together = ConformalClassifier().fit(scores).predict_set(
        1 - new, confidence=coverage, smoothing=False)
    level = conformal_quantile(scores, coverage)
    assert np.array_equal(together, 1 - new <= level)


class Known:
    """An estimator of scikit-learn whose inputs are the probabilities."""

    classes_ = np.arange(E)
    n_features_in_ = E
    __sklearn_is_fitted__ = staticmethod(lambda: True)

    def fit(self, x, y):
        return self

    def predict(self, x):
        return x.argmax(1)

    def predict_proba(self, x):
        return x


@pytest.mark.parametrize('coverage', [.8, .9, .95])
def test_sets_are_those_of_mapie(coverage):
    """Of its LAC score, which has one threshold for all classes."""
    rng = np.random.default_rng(1)
    chances, labels = draw(rng, 203)
    new, _ = draw(rng, 500)
    theirs = SplitConformalClassifier(
        Known(), confidence_level=coverage, conformity_score='lac')
    theirs.conformalize(chances, labels)
    level = conformal_quantile(true_scores(chances, labels), coverage)
    inside = theirs.predict_set(new)[1][:, :, 0]
    assert np.array_equal(inside, 1 - new <= level)


def test_the_promise_holds():
    """Mean coverage of each class, over many calibrations.

    With ``n`` units of a class it is ``k / (n + 1)``, ``k`` being ``(n + 1) *
    coverage`` rounded up.
    """
    rng = np.random.default_rng(2)
    runs, tested, sizes = 400, 50, np.array([60, 25, 14, 9])
    known = np.repeat(range(E), sizes)
    covered = np.zeros((runs, E))
    for run in range(runs):
        chances, _ = draw(rng, 0, known)
        thresholds, own = class_thresholds(
            true_scores(chances, known), known, E, .9)
        assert own.all()
        new, labels = draw(rng, 0, np.repeat(range(E), tested))
        inside = true_scores(new, labels) <= thresholds[labels]
        covered[run] = inside.reshape(E, tested).mean(1)
    want = np.ceil((sizes + 1) * .9 - 1e-9) / (sizes + 1)
    mean = covered.mean(0)
    # Four standard errors of the mean, each run being one draw.
    error = 4 * covered.std(0, ddof=1) / np.sqrt(runs)
    assert (np.abs(mean - want) < error).all() and (want >= .9).all()
    assert (error < .03).all()


def test_frames_of_a_sequence_are_one_unit():
    """Counted as units, they promise what does not hold; the worst does."""
    rng = np.random.default_rng(3)
    runs, frames = 600, 12
    alone, together = [], []
    for _ in range(runs):
        scores = np.repeat(rng.random(10), frames)  # alike within a sequence
        scores = scores + rng.normal(size=len(scores)) * .02
        sequences = np.repeat(range(10), frames)
        new = rng.random(400) + rng.normal(size=400) * .02
        alone.append((new <= conformal_quantile(scores, .9)).mean())
        worst = conformal_quantile(worst_scores(scores, sequences), .9)
        together.append((new <= worst).mean())
    assert np.mean(alone) < .89
    assert np.mean(together) >= .9


def test_worst_scores_by_hand():
    found = worst_scores(np.array([.1, .7, .2, .4]), np.array([1, 0, 1, 0]))
    assert found.tolist() == [.7, .2]
    assert len(worst_scores(np.array([]), np.array([], np.int64))) == 0
