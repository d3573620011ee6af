import pickle

import cv2
import numpy as np
import pytest

from mmfermtl.datasets.rendered.face_parameters import (expression_parameters,
                                                        sample_identity,
                                                        sample_view)
from mmfermtl.datasets.rendered.face_renderer import render_face
from mmfermtl.preparation import (FaceDetector, alignment_transform,
                                  find_face_model, transform_points, warp_face)
from mmfermtl.preparation.face_model import (MODEL_FILE, MODEL_SHA256,
                                             MODEL_VARIABLE)

SKIN, EYE, NOSE, MOUTH = (60, 60, 60), (255, 0, 0), (0, 255, 0), (0, 0, 255)
# Positions of the landmarks in shares of the radius of a rendered face.
PLACES = np.array([[-.4, -.3], [.4, -.3], [0., .05], [-.3, .45], [.3, .45]])


def draw_face(image, centre, radius):
    """Draw a disc with five dots; return its landmarks."""
    points = PLACES * radius + centre
    cv2.circle(image, tuple(centre), radius, SKIN, -1)
    for point, colour in zip(points, (EYE, EYE, NOSE, MOUTH, MOUTH)):
        place = tuple(int(value) for value in np.rint(point * 16))
        cv2.circle(image, place, int(radius * 1.6), colour, -1, shift=4)
    return points


class DotNetwork:
    """Detect rendered faces as YuNet detects real ones: badly when large."""

    def __init__(self):
        self.canvases = []

    def detect(self, canvas):
        self.canvases.append(canvas)
        rows = []
        number, parts, stats, _ = cv2.connectedComponentsWithStats(
            (canvas.max(axis=2) > 30).astype(np.uint8))
        for part in range(1, number):
            points = self._points((parts == part)[..., None] * canvas)
            if points is not None:
                side = stats[part, 2:4].max()
                score = .9 if side <= 305 else .7
                rows.append([*stats[part, :4], *points.ravel(), score])
        return 1, np.array(rows, np.float32) if rows else None

    @staticmethod
    def _points(image):
        points = []
        for channel, count in ((0, 2), (1, 1), (2, 2)):
            mask = (image[..., channel] > 150).astype(np.uint8)
            number, _, stats, middles = cv2.connectedComponentsWithStats(mask)
            if number <= count:
                return None
            order = np.argsort(-stats[1:, 4], kind='stable')[:count] + 1
            # The left one has the smaller x, mirrored or not.
            points += sorted(middles[order].tolist())
        return np.array(points)


@pytest.fixture
def dots(monkeypatch):
    """A detector of rendered faces, without weights."""
    module = 'mmfermtl.preparation.face_detector.find_face_model'
    monkeypatch.setattr(module, lambda path: ('none', b''))
    monkeypatch.setattr(FaceDetector, '_open', lambda *_: DotNetwork())
    return FaceDetector()


def test_grey_images_give_the_same_as_colour_images(dots):
    grey = np.random.default_rng(0).integers(0, 256, (50, 40), np.uint8)
    dots.detect(grey)
    dots.detect(grey[..., None].repeat(3, axis=2))
    canvases = dots._network.canvases
    half = len(canvases) // 2
    assert half and all(
        np.array_equal(*pair)
        for pair in zip(canvases[:half], canvases[half:]))


@pytest.mark.parametrize('image', [
    np.zeros((4, 4), np.float32),
    np.zeros((4, 4, 2), np.uint8),
    np.zeros((0, 4), np.uint8),
    None,
])
def test_not_an_image(dots, image):
    with pytest.raises(ValueError, match='The image'):
        dots.detect(image)


def test_missing_model(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('USERPROFILE', str(tmp_path))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)
    with pytest.raises(FileNotFoundError) as error:
        FaceDetector()
    place = tmp_path / '.cache' / 'mmfermtl' / MODEL_FILE
    for part in (str(place), 'https://', MODEL_SHA256, MODEL_VARIABLE):
        assert part in str(error.value)


def test_path_of_the_model(monkeypatch, tmp_path):
    monkeypatch.setenv(MODEL_VARIABLE, str(tmp_path / 'variable.onnx'))
    with pytest.raises(FileNotFoundError, match='variable.onnx'):
        find_face_model()
    with pytest.raises(FileNotFoundError, match='argument.onnx'):
        find_face_model(str(tmp_path / 'argument.onnx'))


def test_wrong_model(tmp_path):
    path = tmp_path / 'wrong.onnx'
    path.write_bytes(b'')
    empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    with pytest.raises(ValueError, match=f'{empty}, expected {MODEL_SHA256}'):
        find_face_model(str(path))
    path.write_bytes(b'version https://git-lfs.github.com/spec/v1\n')
    with pytest.raises(ValueError, match='Git LFS pointer'):
        FaceDetector(str(path))


def test_weights_that_opencv_cannot_read(monkeypatch):
    module = 'mmfermtl.preparation.face_detector.find_face_model'
    monkeypatch.setattr(module, lambda path: ('some.onnx', b'garbage'))
    with pytest.raises(RuntimeError, match=f'{cv2.__version__}.*some.onnx'):
        FaceDetector()
    monkeypatch.delattr(cv2, 'FaceDetectorYN')
    with pytest.raises(RuntimeError, match='has no FaceDetectorYN'):
        FaceDetector()


@pytest.fixture(scope='module')
def yunet():
    """The real detector, where its weights are installed."""
    try:
        return FaceDetector()
    except FileNotFoundError:
        pytest.skip(f'no {MODEL_FILE} installed')


@pytest.fixture(scope='module')
def astronaut():
    """A photograph in the public domain, from scikit-image's wheel."""
    from skimage import data
    return np.ascontiguousarray(data.astronaut()[..., ::-1])


@pytest.mark.parametrize('scale', [.25, 1., 2.5])
def test_photograph(yunet, astronaut, scale):
    image = cv2.resize(
        astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    face = yunet.detect(image)[0]
    # The pupils, annotated by hand in the enlarged image.
    annotated = (np.array([[203., 100.], [246., 102.5]]) + .5) * scale - .5
    assert np.abs(face.landmarks[:2] - annotated).max() < 2 * max(scale, .5)
    assert face.score > .8


def test_results_do_not_depend_on_threads_or_earlier_images(yunet, astronaut):
    threads = cv2.getNumThreads()
    answers = []
    try:
        for number in (1, 2, 4):
            cv2.setNumThreads(number)
            yunet.detect(astronaut[100:300])
            face = yunet.detect(astronaut)[0]
            answers.append(face.landmarks.tobytes() + face.box.tobytes())
    finally:
        cv2.setNumThreads(threads)
    copy = pickle.loads(pickle.dumps(yunet))
    answers.append(answers[0][:80] + copy.detect(astronaut)[0].box.tobytes())
    assert len(set(answers)) == 1


@pytest.mark.parametrize('expression', ['anger', 'happiness', 'surprise'])
def test_rendered_faces_are_aligned(yunet, expression):
    rng = np.random.default_rng(3)
    image = np.full((480, 640), 128, np.uint8)
    image[60:300, 250:490] = render_face(
        sample_identity(rng), expression_parameters(expression, 1., rng),
        sample_view(rng), 240)
    face = yunet.detect(image)[0]
    transform = alignment_transform(face.landmarks)
    padded = cv2.copyMakeBorder(
        warp_face(image, transform, 110), *4 * [100], cv2.BORDER_REPLICATE)
    again = yunet.detect(padded)[0].landmarks - 100
    assert np.abs(again[:2] -
                  transform_points(face.landmarks[:2], transform)).max() < 2
