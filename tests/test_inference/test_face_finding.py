"""Faces are cut out with the eyes where the network expects them."""
import os.path as osp

import cv2
import numpy as np
import pytest
from fake_faces import SIZE, FakeDetector, picture

from mmfermtl.inference.face_finding import (GEOMETRIES, LARGEST_CROP,
                                             READ_WHOLE, FaceFinder)
from mmfermtl.preparation import transform_points
from mmfermtl.utils.errors import UserError


@pytest.mark.parametrize('name', sorted(GEOMETRIES))
def test_eyes_are_where_the_geometry_says(name):
    finder = FaceFinder(100, geometry=name, detector=FakeDetector)
    face, = finder.find(picture((50, 40, 80, 200)))
    eyes = (transform_points(face.landmarks[:2], face.transform) + .5) / 100
    distance, line = GEOMETRIES[name]
    np.testing.assert_allclose(eyes[1, 0] - eyes[0, 0], distance)
    np.testing.assert_allclose(eyes[:, 1], line)
    np.testing.assert_allclose(eyes[:, 0].mean(), 0.5)
    assert face.box.tolist() == [50, 40, 130, 120]
    assert face.score == 0.9 and face.note == ''


def test_prepared_faces_are_those_of_the_preparation():
    from mmfermtl.preparation import alignment_transform
    finder = FaceFinder(110, geometry='prepared', detector=FakeDetector)
    face, = finder.find(picture((50, 40, 80, 200)))
    np.testing.assert_allclose(face.transform,
                               alignment_transform(face.landmarks, 110, 0.1))


def test_a_small_picture_without_a_face_is_read_whole():
    small = picture(size=(LARGEST_CROP, 100))
    face, = FaceFinder(SIZE, detector=FakeDetector).find(small)
    assert face.note == READ_WHOLE and face.score is None
    assert FaceFinder(
        SIZE,
        detector=FakeDetector).find(picture(size=(LARGEST_CROP + 1,
                                                  100))) == []


def test_whole_pictures_are_those_of_the_training():
    """As `mmfermtl.ResizeFace` makes them, without a detector."""
    from mmfermtl.datasets import ResizeFace
    rng = np.random.default_rng(0)
    for shape in ((48, 48), (30, 41), (200, 100), (16, 16)):
        grey = rng.integers(0, 256, shape, np.uint8)
        face, = FaceFinder(SIZE, 'whole', detector=pytest.fail).find(grey)
        wanted = ResizeFace(SIZE).transform(dict(img=grey))['img']
        np.testing.assert_array_equal(face.crop, wanted)
        middle = (np.array([shape[1], shape[0]]) - 1) / 2
        np.testing.assert_allclose(
            transform_points(middle[None], face.transform), [[7.5, 7.5]])


def test_boxes_are_cut_out_as_squares():
    image = picture((50, 40, 80, 200))
    faces = FaceFinder(
        SIZE, [[50, 40, 130, 120], [0, 0, 20, 40]],
        detector=pytest.fail).find(image)
    assert (faces[0].crop == 200).all()
    assert (faces[1].crop == 20).all()
    assert faces[1].box.tolist() == [0, 0, 20, 40]
    assert faces[1].note


def test_a_profile_is_cut_out_by_its_box():
    """Landmarks that allow no alignment end no run."""

    class Profile(FakeDetector):

        def detect(self, image):
            face, = super().detect(image)
            face.landmarks[:2] = face.landmarks[0]
            return [face]

    face, = FaceFinder(SIZE, detector=Profile).find(picture((50, 40, 80, 200)))
    assert (face.crop == 200).all() and face.landmarks is None
    assert face.score == 0.9


@pytest.mark.parametrize('faces', [
    'all', [], [[]], [[1, 2, 3]], [[1, 2, 3, 4, 5]], [[4, 4, 1, 9]], 'x', None,
    [[0, 0, float('nan'), 4]], [[0, 0, float('inf'), 4]], [['a', 1, 2, 3]],
    [[1, 2, 3, 4], [1]], 7
])
def test_wrong_boxes_are_refused(faces):
    with pytest.raises(UserError, match='expected'):
        FaceFinder(SIZE, faces)


def test_a_box_outside_of_the_picture_is_refused():
    finder = FaceFinder(SIZE, [[500, 500, 600, 600]])
    with pytest.raises(UserError, match='240 x 200'):
        finder.find(picture())


def test_an_unknown_geometry_is_refused():
    with pytest.raises(UserError, match='ferplus'):
        FaceFinder(SIZE, geometry='other')


def test_the_real_detector_finds_the_astronaut():
    from skimage.data import astronaut

    from mmfermtl.preparation import find_face_model
    try:
        path = find_face_model()[0]
    except FileNotFoundError as error:
        pytest.skip(str(error).split('.')[0])
    assert osp.isfile(path)
    image = np.ascontiguousarray(astronaut()[..., ::-1])
    face, = FaceFinder(48).find(image)
    assert face.crop.shape == (48, 48)
    low, high = face.box[:2], face.box[2:]
    middle = (low + high) / 2
    assert np.abs(middle - [224, 118]).max() < 15
    # The eyes are darker than the cheeks below them.
    grey = cv2.GaussianBlur(face.crop, (3, 3), 0)
    assert grey[18, 15] < grey[26, 15] and grey[18, 32] < grey[26, 32]
