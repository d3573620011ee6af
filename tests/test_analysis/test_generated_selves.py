"""Doubt and deletion, by a network whose answers can be foreseen."""
import numpy as np
import pytest
import torch
from mmengine.config import Config
from scipy.special import rel_entr
from tiny_weights import write_weights
from toy_exports import CLASSES, ROWS, SIDE, write_toy_export

from mmfermtl.analysis.generated_selves.deletion_test import (CHANGE, delete,
                                                              saliency_maps,
                                                              score_deletion)
from mmfermtl.analysis.generated_selves.measure_selves import (format_selves,
                                                               measure_selves)
from mmfermtl.analysis.generated_selves.self_doubt import (SCORE, list_doubts,
                                                           score_doubts)
from mmfermtl.analysis.generated_selves.self_images import generate_selves
from mmfermtl.analysis.trained_classifier import load_classifier
from mmfermtl.inference import load_backend
from mmfermtl.utils.errors import UserError


class Faces:
    """Faces that show an expression of the toy, two of each subject."""

    def __init__(self, count=16, classes=CLASSES, wrong=()):
        self.metainfo = dict(classes=classes)
        rng = np.random.default_rng(0)
        self.records, self.images = [], []
        for k in range(count):
            label = k % len(classes)
            shown = (label + 1) % len(classes) if k in wrong else label
            face = rng.integers(70, 74, (SIDE, SIDE), np.uint8)
            # The wrong ones are hardly seen.
            rows = slice(*ROWS[CLASSES.index(classes[shown])])
            face[rows, 8:24] += 4 if k in wrong else 60
            self.images.append(face)
            self.records.append(dict(gt_label=label, subject=f'S{k // 2:03d}'))

    def __len__(self):
        return len(self.records)

    def get_data_info(self, index):
        return self.records[index]

    def __getitem__(self, index):
        return dict(inputs=torch.from_numpy(self.images[index][None]))


@pytest.fixture
def backend(tmp_path):
    return load_backend(write_toy_export(str(tmp_path / 'toy')))


def test_every_expression_is_generated_and_read(backend):
    faces = Faces()
    found = generate_selves(backend, faces, batch_size=5)
    assert found.selves.shape == (16, 4, SIDE, SIDE)
    assert (found.predictions == found.labels).all()
    assert found.subjects[:3] == ['S000', 'S000', 'S001']
    assert found.known.all()
    np.testing.assert_allclose(found.self_probabilities.sum(-1), 1)
    for k, target in ((0, 2), (7, 1)):
        added = found.selves[k, target].astype(int) - found.images[k]
        rows = np.flatnonzero(added.any(axis=1))
        assert (rows.min(), rows.max() + 1) == ROWS[target]
        assert found.self_probabilities[k,
                                        target].argmax() in (target,
                                                             found.labels[k])


def test_classes_that_the_set_lacks_are_not_read(backend):
    found = generate_selves(backend, Faces(9, CLASSES[1:]))
    assert not found.probabilities[:, 0].any()
    assert not found.self_probabilities[..., 0].any()
    assert list(found.known) == [False, True, True, True]
    assert (found.predictions == found.labels).all()
    assert set(found.labels) == {1, 2, 3}


def test_a_temperature_softens(backend):
    sharp, soft = (
        generate_selves(backend, Faces(), temperature=t) for t in (1., 4.))
    assert (soft.probabilities.max(1) < sharp.probabilities.max(1)).all()
    assert (soft.predictions == sharp.predictions).all()


def test_too_little_is_refused(backend, tmp_path):
    with pytest.raises(UserError, match='has 0 images of anger'):
        generate_selves(backend, Faces(0))
    alone = write_toy_export(str(tmp_path / 'alone'), parts=('recogniser', ))
    with pytest.raises(UserError, match='no generator'):
        generate_selves(load_backend(alone), Faces())


def test_doubts(backend):
    found = generate_selves(backend, Faces(24, wrong=(1, 6, 14)))
    wrong = found.predictions != found.labels
    assert list(np.flatnonzero(wrong)) == [1, 6, 14]
    doubts = list_doubts(found)
    for name in (SCORE, 'entropy'):
        assert doubts[name][wrong].min() > doubts[name][~wrong].max(), name
    assert all(values.shape == (24, ) for values in doubts.values())
    # The toy adds 0.8 of half of the range to 16 columns of these rows.
    added = [(last - first) * 16 * 102 / SIDE**2 for first, last in ROWS]
    np.testing.assert_allclose(doubts['change to self'],
                               np.array(added)[found.predictions])
    read = found.self_probabilities[np.arange(24), found.predictions]
    np.testing.assert_allclose(
        doubts['divergence from self'],
        rel_entr(found.probabilities, read).sum(1),
        atol=1e-9)
    scores = score_doubts(found)
    # The best order: 21 right ones, then 3 wrong ones.
    best = np.mean([*[0] * 21, 1 / 22, 2 / 23, 3 / 24])
    assert scores[SCORE]['aurc'] == pytest.approx(100 * best)
    assert scores[SCORE]['minus_score_interval'] == [0, 0]
    assert scores['entropy']['risk_at'] == {'0.5': 0, '0.8': 0, '0.9': 1 / .22}
    low, high = scores[SCORE]['interval']
    assert low < 100 * best < high


def test_blurred_are_the_pixels_that_rank_highest():
    images = np.random.default_rng(0).integers(0, 255, (2, 48, 48), np.uint8)
    saliency = np.zeros((2, 48, 48), np.float32)
    saliency[0, 10:20, 10:20] = 1
    saliency[1, 30:40, 5:15] = 2
    deleted = delete(images, saliency, 100 / 48**2)
    changed = deleted != images
    assert not changed[saliency == 0].any()
    assert changed[saliency > 0].mean() > 0.95
    assert deleted[saliency > 0].std() < 0.2 * images.std()


def test_the_regions_that_change_matter_more_than_others(backend):
    found = generate_selves(backend, Faces(16))
    maps = saliency_maps(found)
    for k, own in enumerate(found.predictions):
        rows = maps[CHANGE][k].mean(axis=1)
        next_rows = ROWS[found.next_classes[k]]
        inside = rows[slice(*ROWS[own])].mean() + rows[slice(
            *next_rows)].mean()
        assert inside > 2 * rows.mean()
    assert all(one.shape == found.images.shape for one in maps.values())
    own, others = maps[CHANGE], maps['map of another face']
    assert not np.array_equal(own, others)
    np.testing.assert_array_equal(np.sort(own, 0), np.sort(others, 0))
    scores = score_deletion(backend, found, maps, 0.2)
    assert scores['random blobs']['below_change'] > 5
    assert scores['random blobs']['below_change_interval'][0] > 0
    assert scores[CHANGE]['below_change'] == 0
    low, high = scores[CHANGE]['interval']
    assert low < scores[CHANGE]['drop'] < high


def test_a_model_is_measured(tmp_path, few_ckplus48):
    weights = write_weights(str(tmp_path / 'tiny.safetensors'))
    cfg = Config(
        dict(
            test_dataloader=dict(
                dataset=dict(
                    type='mmfermtl.CKPlus48',
                    data_root=few_ckplus48,
                    split='test',
                    fold=0))))
    trained = load_classifier(cfg, weights)
    one = measure_selves(trained, 'CK+48', cfg, 'all', shares=(0.1, ))
    # Of four classes of the seven.
    assert one['classes'] == trained.classes and one['images'] >= 8
    assert 0 <= one['accuracy'] <= 100
    text = format_selves([one])
    for name in (SCORE, 'divergence from self', CHANGE, 'random blobs',
                 '10 % of the face deleted by'):
        assert name in text
