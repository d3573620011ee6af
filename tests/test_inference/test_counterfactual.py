"""What would have to change, by a network whose answers can be foreseen."""
import numpy as np
import pytest
from toy_exports import CLASSES, ROWS, SIDE, write_toy_export

from mmfermtl.inference import load_backend
from mmfermtl.inference.counterfactual import (BRIGHTER, DARKER, draw_change,
                                               explain_reading, faded_change,
                                               region_shares)
from mmfermtl.inference.face_finding import GEOMETRIES, FaceFinder, FoundFace
from mmfermtl.inference.face_reader import FaceReader
from mmfermtl.utils.errors import UserError


@pytest.fixture
def backend(tmp_path):
    return load_backend(write_toy_export(str(tmp_path / 'toy')))


def read(backend, label):
    """A face that shows an expression of the toy."""
    face = np.full((SIDE, SIDE), 90, np.uint8)
    face[slice(*ROWS[label])] += 60
    finder = FaceFinder(SIDE, faces='whole')
    reading, = FaceReader(backend, finder).read([face])[0]
    assert reading.label == label
    return reading


def test_the_rows_of_both_expressions_change(backend):
    reading = read(backend, 2)
    found, = explain_reading(backend, reading, [0])
    assert found.label == 0 and found.faces.dtype == np.uint8
    rows = found.change.mean(axis=1)
    assert (rows[slice(*ROWS[0])] > 1).all()
    assert (rows[slice(*ROWS[2])] < -1).all()
    assert np.abs(rows[ROWS[0][1]:ROWS[2][0]]).max() == 0


def test_the_next_expression_is_the_default(backend):
    reading = read(backend, 1)
    order = np.argsort(-reading.scores)
    found, = explain_reading(backend, reading)
    assert found.label == order[1] != reading.label
    with pytest.raises(UserError, match=f'is read as {CLASSES[1]}'):
        explain_reading(backend, reading, [0, 1])


def test_the_expression_read_is_no_other_one(tmp_path):
    alone = write_toy_export(str(tmp_path / 'toy'), parts=('recogniser', ))
    reading = read(load_backend(alone), 0)
    with pytest.raises(UserError, match='generator'):
        explain_reading(load_backend(alone), reading)


@pytest.mark.parametrize('rows, shares', [
    ((0, 16), [1, 0, 0]),
    ((16, 21), [0, 1, 0]),
    ((21, 32), [0, 0, 1]),
    ((5, 25), [.55, .25, .2]),
    ((0, 0), [0, 0, 0]),
])
def test_shares_of_regions(rows, shares):
    change = np.zeros((32, 32), np.float32)
    change[slice(*rows)] = -3
    found = region_shares(change, GEOMETRIES['ferplus'])
    assert list(found) == [
        'eyes and brows', 'nose and cheeks', 'mouth and chin'
    ]
    # The eyes are in row 12, 11.8 apart: the regions end at 15.5 and 20.8.
    np.testing.assert_allclose(list(found.values()), shares, atol=1e-6)


def test_a_change_is_drawn_where_it_is():
    image = np.full((60, 80, 3), (80, 100, 120), np.uint8)
    # The crop of 20 px is the square from (30, 10) on, enlarged twice.
    transform = np.array([[.5, 0, -15.25], [0, .5, -5.25]])
    face = FoundFace(
        np.array([30., 10, 70, 50]), 1., None, transform,
        np.full((20, 20), 104, np.uint8))
    change = np.zeros((20, 20), np.float32)
    change[2:6] = 40
    change[14:18] = -40
    drawn = draw_change(image, face, change)
    assert drawn.shape == image.shape and drawn.dtype == np.uint8
    grey = drawn[0, 0]
    assert grey[0] == grey[1] == grey[2]
    assert (drawn[30, 30:70] == grey).all() and (drawn[18, :28] == grey).all()
    for row, colour in ((18, BRIGHTER), (42, DARKER)):
        expected = 0.15 * grey[0] + 0.85 * np.array(colour)
        np.testing.assert_allclose(drawn[row, 50], expected, atol=2)
    # A small change is not drawn as if it were large.
    weak = draw_change(image, face, change / 40)
    assert 0 < np.abs(weak.astype(int) - grey)[18, 50].max() < 20


def test_a_face_beside_the_picture_is_not_drawn(backend):
    image = np.zeros((20, 20, 3), np.uint8)
    face = FoundFace(
        np.array([90., 90, 99, 99]), None, None,
        np.array([[1., 0, -90], [0, 1, -90]]), np.zeros((9, 9), np.uint8))
    assert (draw_change(image, face, np.ones((9, 9))) == 0).all()


def test_a_change_fades_towards_the_border(backend):
    reading = read(backend, 2)
    found, = explain_reading(backend, reading, [0])
    image = np.zeros((200, 200, 3), np.uint8)
    face = FoundFace(reading.face.box, None, None, reading.face.transform,
                     reading.face.crop)
    faded = faded_change(found, face, image)
    assert (np.abs(faded) <= np.abs(found.change)).all()
    assert 0 < faded[2, 16] < 0.5 * found.change[2, 16]
    assert faded[7, 16] == found.change[7, 16] > 0
