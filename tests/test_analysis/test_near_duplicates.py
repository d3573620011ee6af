"""Edited copies are found, and other subjects are not."""
import cv2
import numpy as np
import pytest

from mmfermtl.analysis import near_duplicates
from mmfermtl.analysis.near_duplicates import (find_near_duplicates,
                                               make_thumbnail)
from mmfermtl.datasets import SyntheticFaces


def rendered(number):
    """All images of some subjects, 96 px: lengths below are of 48 px.

    They are blurred, for rendered lines are sharper than photographs.
    """
    dataset = SyntheticFaces(
        num_subjects=number, split='all', image_size=96, num_folds=2)
    return [
        cv2.GaussianBlur(dataset.get_data_info(k)['img'], (0, 0), 1.5)
        for k in range(len(dataset))
    ]


@pytest.fixture(scope='module')
def subjects():
    """One image of each of ten subjects."""
    return rendered(10)[::21]


def jpeg(image, quality):
    content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(content[1], cv2.IMREAD_GRAYSCALE)


def shifted(image, x, y, border=cv2.BORDER_REPLICATE):
    matrix = np.float32([[1, 0, 2 * x], [0, 1, 2 * y]])
    return cv2.warpAffine(image, matrix, (96, 96), borderMode=border)


def turned(image, angle, border=cv2.BORDER_REPLICATE):
    matrix = cv2.getRotationMatrix2D((47.5, 47.5), angle, 1)
    return cv2.warpAffine(image, matrix, (96, 96), borderMode=border)


def cut(image, pixels):
    return cv2.resize(image[2 * pixels:-2 * pixels, 2 * pixels:-2 * pixels],
                      (96, 96))


def hidden(image, top, bottom, left, right, value=0):
    image = image.copy()
    image[2 * top:2 * bottom, 2 * left:2 * right] = value
    return image


CHANGES = dict(
    jpeg=lambda i: jpeg(i, 30),
    enlarged=lambda i: cv2.resize(i, (224, 224)),
    brighter=lambda i: cv2.convertScaleAbs(i, beta=30),
    contrast=lambda i: cv2.convertScaleAbs(i, alpha=1.2),
    colour=lambda i: np.stack([i] * 3, 2),
    mirrored=lambda i: i[:, ::-1],
    moved_right=lambda i: shifted(i, 3, 0),
    moved_up=lambda i: shifted(i, 0, -3),
    moved_aslant=lambda i: shifted(i, 3, 3),
    moved_over_black=lambda i: shifted(i, -3, 0, cv2.BORDER_CONSTANT),
    cut_by_two=lambda i: cut(i, 2),
    cut_by_four=lambda i: cut(i, 4),
    turned=lambda i: turned(i, 8),
    turned_back=lambda i: turned(i, -8),
    inverted=lambda i: 255 - i,
    inverted_mirror=lambda i: 255 - i[:, ::-1],
    dark_spot=lambda i: hidden(i, 16, 32, 16, 32),
    mask=lambda i: hidden(i, 32, 48, 0, 48),
    white_corner=lambda i: hidden(i, 0, 20, 0, 24, 255),
    half_gone=lambda i: hidden(i, 24, 48, 0, 48, 128),
    several=lambda i: jpeg(shifted(turned(i[:, ::-1].copy(), 5), 2, 0), 60),
)


def search(train_images, test_images, **options):
    """Near-duplicates between two lists, as (train, test) positions."""
    images = [*train_images, *test_images]
    train = np.arange(len(images))[:, None] < len(train_images)
    thumbnails = np.stack([make_thumbnail(i) for i in images])
    return find_near_duplicates(thumbnails, train, ~train, **options)


@pytest.mark.parametrize('change', CHANGES)
def test_each_copy_is_found_and_nothing_else(subjects, change):
    copies = [CHANGES[change](image) for image in subjects]
    found = search(subjects, copies)
    number = len(subjects)
    assert {pair.second - pair.first for pair in found} == {number}
    # Those that leave whole just the half of the blocks that it takes, in
    # place, are all found, whatever the last digits of OpenCV are.
    in_place = change in ('mask', 'half_gone')
    assert len(found) >= (1 if in_place else 0.9) * number
    mirrored = change in ('mirrored', 'inverted_mirror', 'several')
    # Rendered faces are nearly their own mirror images.
    assert mirrored in {pair.mirrored for pair in found}
    assert {pair.inverted for pair in found} == {'inverted' in change}
    if in_place:
        assert all(pair.part for pair in found)


def test_other_subjects_are_no_copies():
    """All expressions of four subjects, compared with four others."""
    faces = rendered(8)[::3]
    assert not search(faces[:28], faces[28:])


def test_only_pairs_that_a_fold_separates(subjects):
    images = [subjects[0]] * 3
    thumbnails = np.stack([make_thumbnail(i) for i in images])
    # Fold 0 tests image 1 after training on 0; fold 1 trains on both.
    train = np.array([[1, 1], [0, 1], [0, 0]], bool)
    test = np.array([[0, 0], [1, 0], [0, 0]], bool)
    pair, = find_near_duplicates(thumbnails, train, test)
    assert pair[:2] == (0, 1) and not pair.part
    assert pair.correlation == pytest.approx(1, abs=1e-4)


def test_chunks_do_not_change_the_result(subjects, monkeypatch):
    whole = search(subjects, subjects)
    monkeypatch.setattr(near_duplicates, '_ROWS', 7)
    assert search(subjects, subjects) == whole and len(whole) == 10


def test_the_threshold_counts(subjects):
    copies = [CHANGES['several'](image) for image in subjects]
    assert not search(subjects, copies, min_correlation=1.)


def test_flat_images_are_no_copies_of_one_another():
    """Black frames would otherwise all be one picture."""
    flat = [np.full((48, 48), k, np.uint8) for k in (0, 128, 255)]
    assert search(flat, [*flat, np.zeros((1, 1), np.uint8)]) == []


def test_nothing_to_compare():
    none = np.zeros((0, 1), bool)
    assert find_near_duplicates(np.zeros((0, 32, 32), np.float32), none,
                                none) == []
