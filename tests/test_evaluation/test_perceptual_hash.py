"""Copies are told from other persons."""
import cv2
import numpy as np
import pytest

from mmfermtl.datasets import SyntheticFaces
from mmfermtl.evaluation import functional
from mmfermtl.evaluation.functional import find_near_duplicates, make_thumbnail
from mmfermtl.evaluation.functional.perceptual_hash import perceptual_hash


@pytest.fixture(scope='module')
def persons():
    """One face of each of 40 persons."""
    dataset = SyntheticFaces(num_subjects=40, split='all', image_size=96)
    return [
        dataset.get_data_info(k)['img'] for k in range(0, len(dataset), 21)
    ]


def jpeg(image, quality):
    content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(content[1], cv2.IMREAD_GRAYSCALE)


CHANGES = dict(
    jpeg=lambda i: jpeg(i, 30),
    halved=lambda i: cv2.resize(i, (48, 48), interpolation=cv2.INTER_AREA),
    enlarged=lambda i: cv2.resize(i, (224, 224)),
    brighter=lambda i: cv2.convertScaleAbs(i, beta=30),
    contrast=lambda i: cv2.convertScaleAbs(i, alpha=1.2),
    mirrored=lambda i: i[:, ::-1],
    colour=lambda i: np.stack([i] * 3, 2),
    several=lambda i: jpeg(
        cv2.resize(cv2.convertScaleAbs(i, beta=15), (110, 110))[:, ::-1], 50))


def search(train_images, test_images, **options):
    """Near-duplicates between two lists, as (train, test) positions."""
    images = [*train_images, *test_images]
    train = np.arange(len(images))[:, None] < len(train_images)
    thumbnails = np.stack([make_thumbnail(i) for i in images])
    return find_near_duplicates(thumbnails, train, ~train, **options)


@pytest.mark.parametrize('change', CHANGES)
def test_each_copy_is_found_and_nothing_else(persons, change):
    copies = [CHANGES[change](image) for image in persons]
    found = search(persons, copies)
    assert sorted(pair[:2] for pair in found) == [(k, k + len(persons))
                                                  for k in range(len(persons))]
    turned = change in ('mirrored', 'several')
    assert {pair.mirrored for pair in found} == {turned}


def test_copies_moved_by_a_pixel(persons):
    """The hash misses a few of them; the correlation follows the shift."""
    found = search(persons, [np.roll(i, 1, 1) for i in persons])
    assert len(found) >= 0.9 * len(persons)
    assert {pair.second - pair.first for pair in found} == {len(persons)}


def test_the_hash_alone_would_give_false_alarms(persons):
    """The second stage is not for show."""
    assert not search(persons[:20], persons[20:], min_correlation=0.93)
    assert search(persons[:20], persons[20:], min_correlation=0.5)


def test_only_pairs_that_a_fold_separates(persons):
    images = [persons[0]] * 3
    thumbnails = np.stack([make_thumbnail(i) for i in images])
    # Fold 0 tests image 1 after training on 0; fold 1 trains on both.
    train = np.array([[1, 1], [0, 1], [0, 0]], bool)
    test = np.array([[0, 0], [1, 0], [0, 0]], bool)
    found = find_near_duplicates(thumbnails, train, test)
    assert [(p.first, p.second, p.distance) for p in found] == [(0, 1, 0)]
    assert found[0].correlation == pytest.approx(1, abs=1e-4)


def test_blocks_join_without_a_seam(persons, monkeypatch):
    whole = search(persons, persons)
    monkeypatch.setattr(functional.perceptual_hash, '_BLOCK', 7)
    assert search(persons, persons) == whole and len(whole) == 40


def test_flat_images_are_no_copies_of_one_another():
    """Black frames would otherwise all be one picture."""
    flat = [np.full((48, 48), k, np.uint8) for k in (0, 128, 255)]
    assert search(flat, [*flat, np.zeros((1, 1), np.uint8)]) == []


def test_nothing_to_compare():
    none = np.zeros((0, 1), bool)
    assert find_near_duplicates(np.zeros((0, 32, 32), np.float32), none,
                                none) == []


def test_hash_has_as_many_ones_as_zeros(persons):
    bits = perceptual_hash(make_thumbnail(persons[0]))
    assert bits.shape == (64, ) and bits.sum() == 32
