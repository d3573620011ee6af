"""Targets, and faces that are put back into their picture."""
import cv2
import numpy as np
import pytest
from fake_faces import CLASSES, FakeBackend, fake_reader, picture
from PIL import Image

from mmfermtl.inference import face_blending
from mmfermtl.inference.backend import in_pixels
from mmfermtl.inference.edited_pictures import (MARK, around_face,
                                                save_animation, save_marked,
                                                tile)
from mmfermtl.inference.face_blending import put_back
from mmfermtl.inference.face_editing import edit_face, edit_faces
from mmfermtl.inference.face_finding import FaceFinder
from mmfermtl.inference.face_targets import (edit_targets, parse_edit,
                                             sweep_targets, target_vector)
from mmfermtl.utils.errors import UserError


def photograph():
    """A colourful picture with fine detail and a face."""
    rng = np.random.default_rng(0)
    image = np.full((300, 400, 3), (40, 60, 30), np.uint8)
    image[100:220, 150:270] = (120, 150, 190)
    noise = rng.integers(-12, 13, (300, 400, 1))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def reading_of(image, faces='detect'):
    return fake_reader(faces).read([image])[0][0]


def test_the_same_face_leaves_the_picture():
    image = photograph()
    face = reading_of(image).face
    np.testing.assert_allclose(
        put_back(image, face, face.crop).astype(int), image, atol=2)
    grey = image[..., 1]
    face = reading_of(grey).face
    np.testing.assert_array_equal(put_back(grey, face, face.crop), grey)


def test_luminance_changes_and_colour_stays():
    image = photograph()
    face = reading_of(image).face
    result = put_back(image, face, np.clip(face.crop.astype(int) - 30, 0, 255))
    assert result.shape == image.shape and result.dtype == np.uint8
    before, after = (
        cv2.cvtColor(i, cv2.COLOR_BGR2YCrCb).astype(int)
        for i in (image, result))
    change = after - before
    # In the middle of the face.
    middle = np.s_[150:180, 190:230]
    np.testing.assert_allclose(change[middle][..., 0].mean(), -30, atol=2)
    assert np.abs(change[middle][..., 1:]).max() <= 2
    # Fine detail stays, in part: the change is large.
    assert 1 < after[middle][..., 0].std() < before[middle][..., 0].std()
    # Outside of the crop no pixel changes.
    np.testing.assert_array_equal(result[:60], image[:60])
    np.testing.assert_array_equal(result[:, :90], image[:, :90])


def test_the_border_is_blended():
    """No step that was not there before."""
    image = np.full((300, 400, 3), 128, np.uint8)
    image[100:220, 150:270] = 140
    face = reading_of(image).face
    result = put_back(image, face, np.zeros_like(face.crop)).astype(int)
    change = result[..., 0] - image[..., 0]
    assert change.min() < -100
    assert np.abs(np.diff(change, axis=0)).max() < 20
    assert np.abs(np.diff(change, axis=1)).max() < 20


def stripe(side, at, width):
    """A light stripe in the middle of a picture of two colours."""
    image = np.full((side, side, 3), (60, 90, 120), np.uint8)
    image[:, at:at + width] = (200, 120, 90)
    return image


def test_what_was_displaced_moves_with_its_colour():
    image = stripe(160, 60, 40)
    face = reading_of(image, 'whole').face
    size = len(face.crop)
    scale = 160 / size
    # Each pixel from 2 to the right: the stripe moves to the left.
    flow = np.zeros((2, size, size), np.float32)
    flow[0] = 2
    fake = np.roll(face.crop, -2, axis=1)
    wanted = stripe(160, int(60 - 2 * scale), 40)
    inner = np.s_[:, 30:130]
    error = {}
    for name, given in (('flow', flow), ('none', None)):
        result = put_back(image, face, fake, given).astype(int)
        # Chroma, which the network does not generate.
        error[name] = np.abs(
            cv2.cvtColor(result[inner].astype(np.uint8), cv2.COLOR_BGR2YCrCb)[
                ..., 1:].astype(int) -
            cv2.cvtColor(wanted[inner], cv2.COLOR_BGR2YCrCb)[..., 1:]).mean()
    assert error['flow'] < 0.2 * error['none']


@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('at_end', [False, True])
def test_faces_of_large_pictures_are_displaced(axis, at_end):
    """As those of small ones, with the same surroundings."""
    small = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    found = []
    for length in (33000, 200):
        shape = [40, 40]
        shape[axis] = length
        corner = [size - 40 if at_end else 0 for size in shape]
        rows, columns = (slice(first, first + 40) for first in corner)
        image = np.zeros((*shape, 3), np.uint8)
        image[rows, columns] = small
        box = [columns.start, rows.start, columns.stop, rows.stop]
        face = FaceFinder(32, [box]).find(image)[0]
        flow = np.full((2, *face.crop.shape), 2, np.float32)
        result = put_back(image, face, 255 - face.crop, flow)
        assert (result != image).any()
        found.append(result[rows, columns].astype(int))
    np.testing.assert_allclose(*found, atol=1)


def test_faces_that_are_too_large_are_named(monkeypatch):
    monkeypatch.setattr(face_blending, 'LARGEST_FACE', 100)
    image = stripe(160, 60, 40)
    face = reading_of(image, 'whole').face
    flow = np.zeros((2, *face.crop.shape), np.float32)
    with pytest.raises(UserError, match='160 x 160 pixels.*at most 100'):
        put_back(image, face, face.crop, flow)


def test_formats_that_cannot_hold_a_picture_are_named(tmp_path):
    image = np.zeros((1, 70000, 3), np.uint8)
    for suffix in ('jpg', 'webp'):
        with pytest.raises(UserError, match='70000 x 1 pixels.*png'):
            save_marked(str(tmp_path / f'a.{suffix}'), image)
    save_marked(str(tmp_path / 'a.png'), image)
    assert [p.name for p in tmp_path.iterdir()] == ['a.png']


def test_an_even_face_is_not_displaced():
    """Fine detail, which the network does not see, stays where it is."""
    image = photograph()
    face = reading_of(image).face
    flow = np.full((2, *face.crop.shape), 3, np.float32)
    np.testing.assert_allclose(
        put_back(image, face, face.crop, flow).astype(int), image, atol=2)


def test_a_flow_is_turned_into_pixels():
    flow = np.ones((1, 2, 8, 16), np.float32)
    np.testing.assert_array_equal(in_pixels(flow)[0, :, 0, 0], [8, 4])


def test_a_whole_picture_has_no_border():
    image = np.full((40, 40, 3), 100, np.uint8)
    face = reading_of(image, 'whole').face
    result = put_back(image, face, np.full_like(face.crop, 130))
    assert (result == 130).all()


def test_faces_at_the_edge_of_a_picture():
    image = photograph()
    for box in ([-40, -40, 60, 60], [380, 280, 480, 380], [0, 0, 400, 300]):
        face = FaceFinder(16, [box]).find(image)[0]
        result = put_back(image, face, 255 - face.crop)
        assert result.shape == image.shape
        assert (result != image).any()


def test_each_face_is_edited_alone():
    image = picture((10, 20, 60, 250), (120, 20, 60, 190))
    readings = fake_reader().read([image])[0]
    edited = edit_faces(FakeBackend(), image, readings, dict(anger=1.))
    assert [len(group) for group in edited] == [1, 1]
    for (one, ), reading in zip(edited, readings):
        assert one.fake.mean() < reading.face.crop.mean() - 20
    first = edited[0][0].picture
    np.testing.assert_array_equal(first[:, 120:], image[:, 120:])


def test_the_encoder_runs_once(monkeypatch):
    backend, calls = FakeBackend(), []
    encode = backend.encode
    monkeypatch.setattr(backend, 'encode',
                        lambda faces: calls.append(1) or encode(faces))
    image = picture((10, 20, 60, 250))
    reading = reading_of(image)
    edited = edit_face(backend, image, reading,
                       edit_targets('all', CLASSES, reading.label))
    assert len(edited) == 3 and calls == [1]
    assert [one.target.argmax() for one in edited] == [0, 1, 2]


@pytest.mark.parametrize('weights, wanted', [
    (dict(happiness=.7), [0, .7, .3]),
    (dict(happiness=1), [0, 1, 0]),
    (dict(Happy=.5, angry=.25), [.25, .5, .25]),
    (dict(surprise=.2), [0, 0, 1]),
    (dict(anger=0), [0, 0, 1]),
])
def test_the_rest_is_the_expression_of_the_source(weights, wanted):
    found = target_vector(weights, CLASSES, 2)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize('weights', [{},
                                     dict(joyful=1.),
                                     dict(fear=1.),
                                     dict(anger=1.1),
                                     dict(anger=-.1),
                                     dict(anger=float('nan')),
                                     dict(anger='x'),
                                     dict(anger=None),
                                     dict(anger=True),
                                     dict(anger=.6, happiness=.6)])
def test_wrong_targets_are_refused(weights):
    with pytest.raises(UserError):
        target_vector(weights, CLASSES, 0)


def test_edits_of_the_command_line():
    assert parse_edit('happiness=.7, anger=.1') == dict(happiness=.7, anger=.1)
    assert parse_edit('anger') == dict(anger=1.)
    with pytest.raises(UserError, match='NAME=WEIGHT'):
        parse_edit('anger=x')
    np.testing.assert_array_equal(
        edit_targets('anger', CLASSES, 1), [[1, 0, 0]])
    with pytest.raises(UserError, match='all'):
        edit_targets(3, CLASSES, 1)


def test_sweeps_grow_from_the_source():
    found = sweep_targets(dict(anger=.8), 3, CLASSES, 1)
    np.testing.assert_allclose(
        found, [[0, 1, 0], [.4, .6, 0], [.8, .2, 0]], atol=1e-6)
    for steps in (1, 0, -3, 1000):
        with pytest.raises(UserError, match='--sweep'):
            sweep_targets(dict(anger=.8), steps, CLASSES, 1)


@pytest.mark.parametrize('suffix', ['.png', '.jpg', '.webp'])
def test_saved_pictures_say_that_they_are_edited(tmp_path, suffix):
    path = str(tmp_path / 'new' / f'a{suffix}')
    save_marked(path, photograph())
    with Image.open(path) as image:
        image.load()
        found = image.text['Description'] if suffix == '.png' else (
            image.getexif()[0x010e])
        assert image.size == (400, 300)
    assert found == MARK
    with pytest.raises(UserError, match='.png'):
        save_marked(str(tmp_path / 'a.tif'), photograph())


def test_sweeps_become_animations(tmp_path):
    images = [np.full((20, 30, 3), value, np.uint8) for value in (0, 99, 200)]
    path = str(tmp_path / 'a.gif')
    save_animation(path, images)
    with Image.open(path) as image:
        assert image.n_frames == 4 and image.size == (30, 20)
        assert image.info['comment'] == MARK.encode()


def test_grids_have_a_tile_for_each_picture():
    images = [np.zeros((50, 50, 3), np.uint8)] * 4
    assert tile(images, ['a'] * 4, 3).shape == (2 * 276, 3 * 256, 3)
    part = around_face(photograph(), np.array([150., 100., 270., 220.]))
    assert part.shape == (216, 216, 3)
