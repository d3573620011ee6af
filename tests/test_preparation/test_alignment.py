import cv2
import numpy as np
import pytest

from mmfermtl.preparation import (alignment_transform, five_points,
                                  transform_points, warp_face)
from mmfermtl.utils.errors import UserError

UPRIGHT = np.array([[-20., -15.], [20., -15.], [0., 5.], [-14., 25.],
                    [14., 25.]])


def face_points(seed: int) -> np.ndarray:
    """Five landmarks of a face at a random position, size and angle."""
    rng = np.random.default_rng(seed)
    angle, scale = rng.uniform(-3, 3), rng.uniform(.2, 8)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return UPRIGHT @ np.array([[cos, sin], [-sin, cos]]) + rng.uniform(
        0, 500, 2)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize(('size', 'margin'), [(110, .1), (96, 0.), (48, .5)])
def test_eyes_are_aligned(seed, size, margin):
    points = face_points(seed)
    transform = alignment_transform(points, size, margin)
    assert transform.shape == (2, 3) and transform.dtype == np.float64
    left, right = transform_points(points[:2], transform)
    tight = size / (1 + 2 * margin)
    assert np.allclose(right - left, [.4 * tight, 0])
    # The edge of the first pixel is at -0.5.
    assert np.allclose((left + right) / 2 + .5,
                       [size / 2, (.28 + margin) * tight])


def test_alignment_is_a_similarity():
    linear = alignment_transform(face_points(7))[:, :2]
    square = linear @ linear.T
    assert np.allclose(square, square[0, 0] * np.eye(2))
    assert np.linalg.det(linear) > 0


def test_expression_does_not_move_the_crop():
    points = face_points(1)
    smiling = points.copy()
    smiling[2:] += 3
    assert np.array_equal(
        alignment_transform(points), alignment_transform(smiling))


def test_five_points():
    points = np.zeros((68, 2))
    points[36:42, 0], points[42:48, 0] = range(6), range(10, 16)
    points[30], points[48], points[54] = (1, 2), (3, 4), (5, 6)
    assert np.array_equal(
        five_points(points), [[2.5, 0], [12.5, 0], [1, 2], [3, 4], [5, 6]])


@pytest.mark.parametrize(('change', 'message'), [
    (lambda p: p[:4], r'shape \(4, 2\); expected \(5, 2\)'),
    (lambda p: np.where(np.arange(5)[:, None] == 2, np.nan, p), 'Landmark 2'),
    (lambda p: p[[0, 0, 2, 3, 4]], 'pixels apart'),
    (lambda p: p[[1, 0, 2, 4, 3]], 'swapped'),
])
def test_degenerate_landmarks(change, message):
    with pytest.raises(ValueError, match=message):
        alignment_transform(change(UPRIGHT.copy()))


def test_five_points_of_a_broken_file():
    with pytest.raises(ValueError, match=r'\(67, 2\); expected \(68, 2\)'):
        five_points(np.zeros((67, 2)))


def scaling(scale: float) -> np.ndarray:
    """Scale an image about its top left corner, not its first centre."""
    return np.array([[scale, 0, scale / 2 - .5], [0, scale, scale / 2 - .5]])


@pytest.mark.parametrize('shape', [(40, 40), (40, 40, 3)])
def test_identity_keeps_the_image(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(warp_face(image, scaling(1.), 40), image)


@pytest.mark.parametrize(('scale', 'tolerance'), [(1 / 2, 2), (1 / 4, 2),
                                                  (.37, 10), (.73, 26)])
def test_shrinking_does_not_alias(scale, tolerance):
    # Every other pixel is white: skipped pixels would show as patterns.
    image = np.indices((200, 200)).sum(axis=0) % 2 * np.uint8(255)
    crop = warp_face(image.astype(np.uint8), scaling(scale), 40)
    assert np.abs(crop[2:-2, 2:-2] - 127.5).max() <= tolerance


def test_shrinking_by_a_whole_number_is_the_mean_of_the_blocks():
    image = np.random.default_rng(1).integers(0, 256, (160, 160), np.uint8)
    crop = warp_face(image, scaling(1 / 4), 40)
    blocks = image.reshape(40, 4, 40, 4).mean(axis=(1, 3))
    assert np.abs(crop - blocks).max() <= 1


@pytest.mark.parametrize('scale', [.3, 1., 2.6])
def test_a_spot_is_moved_exactly(scale):
    points = UPRIGHT * 36.67 / 40 / scale + (250, 200)
    image = np.zeros((400, 500), np.uint8)
    centre = np.rint(points[0])
    points += centre - points[0]
    reach = np.hypot(*(np.indices(image.shape)[::-1].T - centre).T)
    image[reach <= 4 / scale] = 255
    crop = warp_face(image, alignment_transform(points), 110).astype(float)
    rows, columns = np.indices(crop.shape)
    found = np.array([(crop * columns).sum(), (crop * rows).sum()])
    expected = [110 / 2 - .5 - .2 * 110 / 1.2, .38 * 110 / 1.2 - .5]
    assert np.allclose(found / crop.sum(), expected, atol=.06)


def test_outside_repeats_the_border():
    image = np.full((20, 20, 3), (10, 20, 30), np.uint8)
    shift = np.array([[1., 0, 15], [0, 1, 15]])
    crop = warp_face(image, shift, 50)
    assert (crop == image[0, 0]).all()


@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('at_end', [False, True])
def test_faces_of_large_pictures(axis, at_end):
    """OpenCV before 5 reads no picture of 32,767 pixels or more."""
    small = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    found = []
    for length in (33000, 200):
        shape = [60, 60]
        shape[axis] = length
        top, left = (side - 60 if at_end else 0 for side in shape)
        image = np.zeros(shape, np.uint8)
        image[top:top + 60, left:left + 60] = small
        transform = np.array([[0.5, 0.1, 0.], [-0.1, 0.5, 6.]])
        transform[:, 2] -= transform[:, :2] @ [left, top]
        found.append(warp_face(image, transform, 24))
    np.testing.assert_allclose(*(one.astype(int) for one in found), atol=1)


def test_a_face_that_is_too_large():
    image = np.zeros((33000, 40), np.uint8)
    transform = np.array([[24 / 33000, 0., 0.], [0., 24 / 33000, 0.]])
    with pytest.raises(UserError, match='about 33000 pixels.*at most 32766'):
        warp_face(image, transform, 24)


def test_same_bytes_on_any_number_of_threads():
    image = np.random.default_rng(2).integers(0, 256, (1329, 1040, 3),
                                              np.uint8)
    transform = alignment_transform(UPRIGHT * 9.3 + 500)
    threads = cv2.getNumThreads()
    crops = []
    try:
        for number in (1, 2, 5):
            cv2.setNumThreads(number)
            crops.append(warp_face(image, transform, 110).tobytes())
    finally:
        cv2.setNumThreads(threads)
    assert len(set(crops)) == 1


@pytest.mark.parametrize('transform', [
    np.full((2, 3), np.nan),
    np.zeros((2, 3)),
])
def test_bad_transform(transform):
    with pytest.raises(ValueError, match='transform'):
        warp_face(np.zeros((20, 20), np.uint8), transform, 10)
