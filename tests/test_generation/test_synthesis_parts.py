"""Counts, candidates and quality filters of a generated set."""
import numpy as np
import pytest
import torch
from torch import nn
from toy_generators import ToyClassifier

from mmfermtl.apis import UserError
from mmfermtl.generation import GenerationOptions, Targets
from mmfermtl.generation.generation_plan import list_candidates, wanted_counts
from mmfermtl.generation.quality_filters import QualityFilters

REAL = [129, 51, 156, 63, 186, 72, 225]


def test_wanted_counts():
    assert np.add(REAL, wanted_counts(REAL)).tolist() == [225] * 7
    more = wanted_counts(REAL, total=1000)
    assert sum(more) == 1000 and np.ptp(np.add(REAL, more)) <= 1
    assert wanted_counts(REAL, 'uniform', total=15) == [3, 2, 2, 2, 2, 2, 2]
    assert wanted_counts(REAL, 'proportional', total=882) == REAL
    assert wanted_counts(REAL, per_class=4) == [4] * 7


def test_wanted_counts_of_few_classes():
    few = dict(labels=[3, 1])
    assert wanted_counts(REAL, **few) == [0, 174, 0, 162, 0, 0, 0]
    assert wanted_counts(REAL, total=12, **few) == [0, 12, 0, 0, 0, 0, 0]
    assert wanted_counts(REAL, total=20, **few) == [0, 16, 0, 4, 0, 0, 0]
    assert wanted_counts(REAL, per_class=2, **few) == [0, 2, 0, 2, 0, 0, 0]
    assert wanted_counts(
        REAL, 'uniform', total=5, **few) == [0, 2, 0, 3, 0, 0, 0]
    assert wanted_counts(
        REAL, 'proportional', total=114, **few) == [0, 51, 0, 63, 0, 0, 0]
    with pytest.raises(UserError, match='no real image of the classes'):
        wanted_counts([3, 0], 'proportional', total=5, labels=[1])


def test_wanted_counts_of_missing_classes():
    assert wanted_counts([4, 0, 9, 0], 'missing') == [0, 9, 0, 9]
    assert wanted_counts([4, 0, 9, 0], 'missing', total=5) == [0, 3, 0, 2]
    assert wanted_counts([4, 0, 9, 0], 'missing', labels=[0,
                                                          3]) == [0, 0, 0, 9]
    # There may be none.
    assert wanted_counts(REAL, 'missing') == [0] * 7
    assert wanted_counts(REAL, 'missing', total=5) == [0] * 7


LABELS = [0, 0, 0, 1, 1, 2, -1] * 3
SUBJECTS = list('aabbcda') * 3


def listed(label=0, targets=Targets(), seed=0):
    return list(list_candidates(label, LABELS, SUBJECTS, 4, targets, seed))


def test_each_image_of_another_class_is_a_candidate_once():
    found = listed()
    assert [c.number for c in found] == list(range(12))
    assert sorted(c.source for c in found) == [
        i for i, k in enumerate(LABELS) if k != 0
    ]
    assert {c.target for c in found} == {(1., 0., 0., 0.)}


def test_subjects_alternate():
    first = [SUBJECTS[c.source] for c in listed()[:4]]
    assert sorted(first) == list('abcd')


def test_candidates_depend_on_the_seed_only():
    assert listed() == listed() and listed() != listed(seed=1)
    assert [c.source for c in listed(1)] != [c.source for c in listed(2)]


def test_targets_that_vary():
    found = listed(targets=Targets((0.7, 0.9), 0.2))
    assert len(found) == 120
    vectors = np.array([c.target for c in found])
    np.testing.assert_allclose(vectors.sum(1), 1, atol=1e-5)
    assert (vectors.argmax(1) == 0).all()
    assert len({c.target for c in found}) == 120
    assert (vectors[:, 0] >= 0.7 * 0.8 - 1e-6).all()
    for candidate, vector in zip(found, vectors):
        own = LABELS[candidate.source]
        if own > 0:
            assert vector[own] >= 0.1 - 1e-6


class Halves(nn.Module):
    """Compute the mean of both halves of an image, relative to grey."""

    def forward(self, images):
        return images.float().sub(128).unflatten(3, (2, 6)).mean((1, 2, 4))


def halves(left, right):
    image = torch.zeros(1, 12, 12, dtype=torch.uint8)
    image[..., :6], image[..., 6:] = left, right
    return image


def test_filters():
    sources = torch.stack([halves(5, 5)] * 4)
    images = torch.stack(
        [halves(2, 2), halves(5, 5),
         halves(2, 2), halves(2, 2)])
    filters = QualityFilters(
        ToyClassifier(), Halves(),
        GenerationOptions(agreement=0.5, identity=0.9, change=0.005))
    found = filters.apply(images, sources, [2, 2, 4, 2], [5, 5, 5, -1])
    assert [v.refused for v in found] == [[], ['classifier', 'copy'],
                                          ['classifier'], []]
    assert found[0].scores['change'] == pytest.approx(3 / 255, abs=1e-6)
    assert found[0].scores['classifier'] > 0.5
    assert found[0].scores['identity'] == pytest.approx(1)


def test_filter_of_images_that_the_classifier_is_sure_of():
    sources = torch.stack([halves(5, 5)] * 3)
    images = torch.stack([halves(2, 2), halves(2, 2), halves(2, 2)])
    score = QualityFilters(ToyClassifier()).apply(
        images, sources, [2, 3, 4], [5, 5, 5])[1].scores['classifier']
    filters = QualityFilters(
        ToyClassifier(),
        options=GenerationOptions(
            agreement=score / 2, max_agreement=2 * score))
    found = filters.apply(images, sources, [2, 3, 4], [5, 5, 5])
    assert found[0].refused == ['classifier'] and found[1].refused == []
    with pytest.raises(UserError, match='--max-agreement 0.3: .* above'):
        QualityFilters(
            ToyClassifier(),
            options=GenerationOptions(agreement=0.6, max_agreement=0.3))
    with pytest.raises(UserError, match='--max-agreement needs'):
        QualityFilters(options=GenerationOptions(max_agreement=0.3))


def test_filter_of_identity():
    sources = torch.stack([halves(250, 5)] * 2)
    images = torch.stack([halves(5, 250), halves(240, 9)])
    filters = QualityFilters(
        embedder=Halves(), options=GenerationOptions(identity=0.5))
    found = filters.apply(images, sources, [0, 0], [1, 1])
    assert [v.refused for v in found] == [['identity'], []]
    assert found[0].scores['identity'] < -0.9


def test_filters_without_thresholds_refuse_nothing():
    images = torch.stack([halves(5, 5)] * 2)
    found = QualityFilters().apply(images, images, [1, 2], [0, 0])
    assert [v.refused for v in found] == [[], []]
    assert found[0].scores == dict(change=0.)
