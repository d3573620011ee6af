"""The private page in Chromium, compared with the package.

Each test starts a browser, which takes some seconds, so there are few.
"""
import base64
import http.server
import json
from functools import partial

import cv2
import numpy as np
import pytest
from browser import open_browser
from PIL import Image
from toy_exports import CLASSES, SIDE, toy_calibration, write_toy_export
from web_page import FAULTS, Page, missing_parts, open_page, serve

from mmfermtl.datasets import SyntheticFaces
from mmfermtl.inference import load_backend
from mmfermtl.inference.edited_pictures import MARK
from mmfermtl.inference.face_editing import edit_face
from mmfermtl.inference.face_finding import FaceFinder
from mmfermtl.inference.face_reader import FaceReader
from mmfermtl.preparation import FaceDetector
from mmfermtl.preparation.face_detector import LEAST_SCORE
from mmfermtl.preparation.face_model import find_face_model
from mmfermtl.web.page_export import export_page
from mmfermtl.web.page_files import collect_page

MISSING = missing_parts()
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f'no private page here: {MISSING}')

#: Find the faces of a picture by the modules of the page, and decode what
#: YuNet answers to it as it is.
DETECT = """
const [encoded, done] = arguments;
(async () => {
  const load = (name) => import(new URL(name, document.baseURI).href);
  const {loadAll} = await load('network.js');
  const {FaceDetector, decode, toPlanes} = await load('detector.js');
  const {findFaces} = await load('finding.js');
  const {readPhotograph} = await load('photograph.js');
  const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
  const file = new File([bytes], 'a.png', {type: 'image/png'});
  const {pixels} = await readPhotograph(file);
  const {settings, model, runDetector} = await loadAll();
  const detector = new FaceDetector(runDetector);
  const faces = await findFaces(pixels, detector, model.size, settings);
  return {
    raw: pixels.width === 640 && pixels.height === 640
      ? decode(await runDetector(toPlanes(pixels))) : null,
    faces: faces.map((face) => ({...face, crop: [...face.crop.data]})),
  };
})().then(done, (error) => done({error: String(error.stack)}));
"""
#: Count how often a camera is opened.
COUNT_CAMERAS = """
window.cameras = 0;
const devices = navigator.mediaDevices;
const open = devices.getUserMedia.bind(devices);
devices.getUserMedia = (wanted) => {
  window.cameras += 1;
  return open(wanted);
};
"""
#: Drop a file on the page.
DROP = """
const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
const dataTransfer = new DataTransfer();
dataTransfer.items.add(new File([bytes], 'two.png', {type: 'image/png'}));
document.body.dispatchEvent(
  new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));
"""


def render_photograph(path, subjects=(3, ), shape=(640, 640)):
    """Write a photograph with a rendered face for each subject."""
    faces = SyntheticFaces(
        num_subjects=20, image_size=240, channels=3, split='test', fold=0)
    photograph = np.full((*shape, 3), (150, 140, 120), np.uint8)
    for number, subject in enumerate(subjects):
        left = 60 + 260 * number
        photograph[100:340,
                   left:left + 240] = faces.get_data_info(5 * subject)['img']
    cv2.imwrite(str(path), photograph)
    return photograph


def calibrated(folder, photograph):
    """Write a model that cannot rule out two classes of a photograph."""
    model = write_toy_export(str(folder))
    reading, = FaceReader(load_backend(model),
                          FaceFinder(SIDE)).read([photograph])[0]
    second, third = np.sort(reading.scores)[-2:-4:-1]
    return write_toy_export(
        str(folder), toy_calibration(1 - float(second + third) / 2))


def test_photograph_in_class_and_sliders(tmp_path):
    """Read, edit and save, as the package does it."""
    from selenium.webdriver import ActionChains, Keys
    photograph = render_photograph(tmp_path / 'photo.png')
    model = calibrated(tmp_path / 'model', photograph)
    backend = load_backend(model)
    reading, = FaceReader(backend, FaceFinder(SIDE)).read([photograph])[0]
    with open_page(model, tmp_path) as page:
        page.open(tmp_path / 'photo.png')
        # Reading: two classes are possible, so it is not sure.
        first, second = reading.label_set
        names = [
            backend.classes[k] if isinstance(k, int) else k
            for k in (first, second)
        ]
        assert page.text('answer') == f'Not sure: {names[0]} or {names[1]}'
        assert page.texts('#bars .name') == CLASSES
        shares = [int(t.split()[0]) for t in page.texts('#bars .number')]
        assert np.abs(np.array(shares) - 100 * reading.scores).max() < 1
        assert page.texts('#bars .tag') == ['cannot be ruled out'] * 2
        page.click('save-reading')
        with open(page.saved('photo_expression.json')) as file:
            saved = json.load(file)
        assert saved['pred_class'] == reading.name and saved['abstained']
        assert saved['pred_set'] == names
        assert np.abs(np.array(saved['bbox']) - reading.face.box).max() < 0.5

        # Editing by keyboard.
        before = page.pixels('compare')
        assert not page.get('save-photograph').is_enabled()
        slider = page.get('weight-2')
        slider.send_keys(Keys.END)
        slider.send_keys(Keys.ARROW_LEFT)
        assert page.texts('#sliders output')[2] == '99 %'
        slider.send_keys(Keys.ARROW_RIGHT)
        page.wait(lambda: 'read by the same network' in page.text('edited'))
        target = np.eye(len(CLASSES), dtype=np.float32)[2]
        edited, = edit_face(backend, photograph, reading, [target])
        page.get('split').send_keys(Keys.HOME)  # all of it is after
        page.wait(lambda: page.get('save-photograph').is_enabled())
        after = page.pixels('compare')
        assert np.abs(after.astype(int) - before).mean() > 1
        page.click('save-photograph')
        path = page.saved('photo_edited.png')
        result = cv2.imread(path).astype(int)
        assert result.shape == photograph.shape
        assert np.abs(result - edited.picture).mean() < 0.2
        assert np.abs(result - photograph).mean() > 0.5
        assert Image.open(path).text['Description'] == MARK

        # Dragging moves the line between before and after.
        ActionChains(page.driver).move_to_element(
            page.get('compare')).click_and_hold().move_by_offset(
                60, 0).release().perform()
        width = page.get('compare').size['width']
        assert abs(
            float(page.get('split').get_property('value')) -
            (50 + 6000 / width)) < 3

        # The grid sets the sliders.
        assert page.texts('#grid button') == CLASSES
        page.driver.find_elements('css selector', '#grid button')[0].click()
        page.wait(lambda: page.texts('#sliders output')[0] == '100 %')
        assert page.texts('#sliders output')[2] == '0 %'
        page.click('save-grid')
        assert cv2.imread(page.saved('photo_expressions.png')).ndim == 3

        # What had to change for happiness: the mouth of this toy.
        choice = page.get('other')
        choice.send_keys('happiness')
        page.wait(lambda: 'to happiness' in page.text('change-text'))
        page.click('reset')
        page.wait(lambda: page.text('edited').startswith('Move a slider'))
        for width in (1280, 360):
            for scheme in ('light', 'dark'):
                page.show_as(width, scheme)
                assert page.driver.execute_script(FAULTS) == []
        page.check_silence()


def test_faces_are_found_as_by_opencv(tmp_path):
    """YuNet's answers are decoded, and faces cut out, to a pixel."""
    photograph = render_photograph(tmp_path / 'two.png', (3, 0))
    model = write_toy_export(str(tmp_path / 'model'))
    detector = cv2.FaceDetectorYN.create(
        'onnx', np.frombuffer(find_face_model()[1], np.uint8),
        np.empty(0, np.uint8), (640, 640), LEAST_SCORE, 0.3, 100)
    rows = detector.detect(photograph)[1]
    rows = rows[np.argsort(-rows[:, 14])]
    finder = FaceFinder(SIDE, detector=FaceDetector)
    expected = finder.find(photograph)
    content = base64.b64encode((tmp_path / 'two.png').read_bytes()).decode()
    with open_page(model, tmp_path) as page:
        answer = page.driver.execute_async_script(DETECT, content)
        assert 'error' not in answer, answer['error']
        assert len(answer['raw']) == len(rows) == 2
        for face, row in zip(answer['raw'], rows):
            found = [*face['box'], *np.ravel(face['points']), face['score']]
            assert np.abs(np.array(found) - row).max() < 0.05
        assert len(answer['faces']) == len(expected) == 2
        for face, other in zip(answer['faces'], expected):
            assert np.abs(face['points'] - other.landmarks).max() < 0.2
            crop = np.array(face['crop']).reshape(SIDE, SIDE)
            assert np.abs(crop - other.crop.astype(int)).mean() < 1

        # Each face can be chosen, also of a picture that is dropped.
        page.driver.execute_script(DROP, content)
        page.wait(lambda: 'below' in page.text('status'))
        assert page.texts('#face-list label') == ['face 1', 'face 2']
        first = page.texts('#bars .number')
        page.driver.find_elements('css selector',
                                  '#face-list input')[1].click()
        page.wait(lambda: page.texts('#bars .number') != first)
        page.check_silence()


def test_pictures_without_a_face(tmp_path):
    """A crop is read whole, and so is what the user wants read."""
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    cv2.imwrite(str(tmp_path / 'crop.png'), noise)
    (tmp_path / 'text.png').write_text('no picture')
    model = write_toy_export(str(tmp_path / 'model'), parts=('recogniser', ))
    reading, = FaceReader(load_backend(model),
                          FaceFinder(SIDE)).read([noise])[0]
    with open_page(model, tmp_path) as page:
        page.open(tmp_path / 'crop.png')
        assert 'read whole' in page.text('face-note')
        assert page.text('answer').startswith(reading.name)
        assert 'not calibrated' in page.text('reading-note')
        # A model without a generator.
        assert page.shown('no-editor') and not page.shown('editor')
        page.get('file').send_keys(str(tmp_path / 'text.png'))
        page.wait(lambda: page.shown('error'))
        assert 'cannot read it as a picture' in page.text('error')
        # The browser's artificial camera shows no face. Two clicks while it
        # asks for permission open it once.
        page.driver.execute_script(COUNT_CAMERAS)
        page.click('camera-open')
        page.click('camera-open')
        page.wait(lambda: page.get('camera-take').is_enabled())
        assert page.driver.execute_script('return cameras') == 1
        assert page.get('camera-open').is_enabled()
        page.click('camera-take')
        page.wait(lambda: page.shown('read-whole'))
        assert not page.shown('camera') and not page.shown('error')
        page.click('read-whole')
        page.wait(lambda: page.shown('reading'))
        assert 'as you asked' in page.text('face-note')
        page.check_silence()


def test_exported_network(tmp_path, exported):
    """One of `mmfermtl export`, with its operators, gives the same."""
    photograph = render_photograph(tmp_path / 'photo.png')
    backend = load_backend(exported)
    reading, = FaceReader(backend,
                          FaceFinder(backend.image_size[0])).read([photograph
                                                                   ])[0]
    target = np.eye(len(backend.classes), dtype=np.float32)[1]
    edited, = edit_face(backend, photograph, reading, [target])
    with open_page(exported, tmp_path) as page:
        page.open(tmp_path / 'photo.png')
        shares = [int(t.split()[0]) for t in page.texts('#bars .number')]
        assert np.abs(np.array(shares) - 100 * reading.scores).max() < 1.5
        page.wait(lambda: page.texts('#grid button'))
        page.driver.find_elements('css selector', '#grid button')[1].click()
        page.wait(lambda: page.get('save-photograph').is_enabled())
        page.click('save-photograph')
        result = cv2.imread(page.saved('photo_edited.png')).astype(int)
        assert np.abs(result - photograph).mean() > 0.1
        assert np.abs(result - edited.picture).mean() < 0.3
        page.check_silence()


def test_exported_folder_on_any_host(tmp_path):
    """In a folder of a host that sends no headers of ours."""
    files = collect_page(write_toy_export(str(tmp_path / 'model')))
    export_page(files, str(tmp_path / 'host' / 'faces'))
    render_photograph(tmp_path / 'photo.png')

    class Handler(http.server.SimpleHTTPRequestHandler):

        def log_message(self, *args):
            """Keep silent."""

    handler = partial(Handler, directory=str(tmp_path / 'host'))
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
    url = f'http://127.0.0.1:{server.server_port}/faces/'
    with serve(server), open_browser(str(tmp_path)) as driver:
        page = Page(driver, url, str(tmp_path))
        page.open(tmp_path / 'photo.png')
        assert page.text('answer').split(',')[0] in CLASSES
        # The policy is in the markup, too.
        refused = driver.execute_async_script(
            "fetch('http://127.0.0.1:9/').then(() => arguments[0](false), "
            '() => arguments[0](true))')
        assert refused
        assert any('Content Security Policy' in message['message']
                   for message in page.records.messages)
        assert not page.records.outside(page.host)
