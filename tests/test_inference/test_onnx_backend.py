"""Exported folders are data from strangers, and need no PyTorch."""
import hashlib
import os
import os.path as osp
import shutil
import subprocess
import sys

import numpy as np
import pytest
from exported_models import read_about, write_about

from mmfermtl.inference import load_backend, model_folder
from mmfermtl.inference.onnx_backend import OnnxBackend
from mmfermtl.utils.errors import UserError

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))


@pytest.fixture
def folder(exported, tmp_path):
    """A copy to change."""
    return shutil.copytree(exported, str(tmp_path / 'model'))


def faces(count=2):
    return np.full((count, 32, 32), 128, np.uint8)


def renamed(about, path):
    about['files']['recogniser']['path'] = path


def changed(**values):
    return lambda about: about.update(values)


MALFORMED = {
    'format': (changed(format='mmfermtl-onnx-2'), 'format'),
    'no classes': (lambda about: about.pop('classes'), 'lacks classes'),
    'one class': (changed(classes=['anger']), '2 to 64 different names'),
    'many classes': (changed(classes=[str(i) for i in range(65)]), 'names'),
    'same classes': (changed(classes=['fear'] * 4), 'different names'),
    'escapes': (changed(classes=['a', 'b', 'c', '\x1b[2J']), 'names'),
    'size': (changed(image_size=[32, 10**9]), 'height and width'),
    'true': (changed(image_size=[True, 32]), 'height and width'),
    'channels': (changed(in_channels=2), '1 or 3'),
    'features': (changed(features=10**6), 'from 0 to 64'),
    'no features': (changed(features=0), 'found 0 features'),
    'no files': (changed(files={}), 'expected a recogniser'),
    'half': (lambda about: about['files'].pop('encoder'), 'with its decoder'),
    'unknown file':
    (lambda about: about['files'].update(virus=about['files']['encoder']),
     "the file 'virus'"),
    'calibration': (changed(calibration=dict(temperature=1)), 'calibration'),
    'above':
    (lambda about: renamed(about, '../recogniser.onnx'), 'relative path'),
    'absolute': (lambda about: renamed(about, '/etc/passwd'), 'relative path'),
    'missing': (lambda about: renamed(about, 'gone.onnx'), 'no such file'),
    'bytes': (lambda about: about['files']['decoder'].update(bytes=7),
              'expected 7 bytes'),
    'hash': (lambda about: about['files']['decoder'].update(sha256='0' * 64),
             'the file was changed'),
    'no hash':
    (lambda about: about['files']['decoder'].update(sha256='0'), 'SHA-256'),
}


@pytest.mark.parametrize('name', MALFORMED)
def test_malformed_descriptions(folder, name):
    change, words = MALFORMED[name]
    about = read_about(folder)
    change(about)
    write_about(folder, about)
    with pytest.raises(ValueError, match=words) as raised:
        load_backend(folder)
    assert folder in str(raised.value)


@pytest.mark.parametrize('text, words', [
    ('', 'cannot be read as JSON'),
    ('[' * 10**5, 'nested deeper'),
    ('{"format": NaN}', 'no finite number'),
    ('[]', 'expected an object'),
])
def test_no_descriptions(folder, text, words):
    write_about(folder, text)
    with pytest.raises(ValueError, match=words):
        OnnxBackend(folder)


def test_a_description_that_is_too_large(folder, monkeypatch):
    monkeypatch.setattr(model_folder, 'MAX_JSON_BYTES', 100)
    with pytest.raises(UserError, match='larger than'):
        OnnxBackend(folder)


def test_a_link_that_leads_outside(folder, tmp_path):
    shutil.move(osp.join(folder, 'decoder.onnx'), tmp_path / 'x.onnx')
    os.symlink(tmp_path / 'x.onnx', osp.join(folder, 'decoder.onnx'))
    with pytest.raises(UserError, match='link .* outside'):
        OnnxBackend(folder)


def test_a_description_that_leads_outside(folder, tmp_path):
    shutil.move(osp.join(folder, 'model.json'), tmp_path / 'x.json')
    os.symlink(tmp_path / 'x.json', osp.join(folder, 'model.json'))
    with pytest.raises(UserError, match='link .* outside'):
        OnnxBackend(folder)


def test_a_file_that_was_changed(folder):
    path = osp.join(folder, 'encoder.onnx')
    backend = OnnxBackend(folder)
    with open(path, 'r+b') as file:
        file.seek(-1, os.SEEK_END)
        last = file.read()
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(UserError, match='encoder.onnx: found SHA-256'):
        OnnxBackend(folder)
    # Nor is it run if it is changed later.
    assert backend.predict(faces()).shape == (2, 4)
    with pytest.raises(UserError, match='encoder.onnx: found SHA-256'):
        backend.encode(faces())


def replace_part(folder, part, content):
    """Put another file there, with its checksum, as its author can."""
    about = read_about(folder)
    entry = about['files'][part]
    entry.update(
        sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    write_about(folder, about)
    with open(osp.join(folder, entry['path']), 'wb') as file:
        file.write(content)


def test_custom_operators_are_refused_before_anything_runs(folder):
    from onnx import TensorProto, helper
    value = helper.make_tensor_value_info('faces', TensorProto.FLOAT, [1])
    node = helper.make_node('Run', ['faces'], ['logits'], domain='evil')
    graph = helper.make_graph([node], 'g', [value], [value])
    replace_part(folder, 'recogniser',
                 helper.make_model(graph).SerializeToString())
    with pytest.raises(UserError, match='the operator evil.Run'):
        load_backend(folder)


def test_networks_that_are_not_those_described(folder):
    with open(osp.join(folder, 'encoder.onnx'), 'rb') as file:
        replace_part(folder, 'recogniser', file.read())
    backend = OnnxBackend(folder)
    with pytest.raises(UserError, match='the recogniser does not fit .*logit'):
        backend.predict(faces())
    about = read_about(folder)
    about['image_size'] = [64, 64]
    write_about(folder, about)
    with pytest.raises(UserError, match='the encoder does not fit .*faces'):
        OnnxBackend(folder).encode(np.zeros((1, 64, 64), np.uint8))


@pytest.mark.parametrize('part, output, ask', [
    ('recogniser', 'logits', lambda backend: backend.predict(faces())),
    ('decoder', 'images', lambda backend: backend.decode(
        backend.encode(faces(1)),
        np.eye(4, dtype=np.float32)[:1])),
])
def test_scalars_are_no_answers(folder, part, output, ask):
    import onnx
    path = osp.join(folder, f'{part}.onnx')
    graph = (model := onnx.load(path)).graph
    node = next(n for n in graph.node if output in n.output)
    node.output[list(node.output).index(output)] = 'whole'
    graph.node.append(
        onnx.helper.make_node('ReduceMax', ['whole'], [output], keepdims=0))
    place = next(v for v in graph.output if v.name == output)
    place.CopyFrom(
        onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, ()))
    replace_part(folder, part, model.SerializeToString())
    with pytest.raises(UserError, match=f'{part} does not fit .* {output}'):
        ask(OnnxBackend(folder))


def test_what_onnx_runtime_cannot_load(folder):
    replace_part(folder, 'recogniser', b'')
    with pytest.raises(ValueError, match='from 1 to'):
        OnnxBackend(folder)
    # A message of no field that is known.
    replace_part(folder, 'recogniser', b'\x70\x01')
    with pytest.raises(UserError, match='ONNX Runtime .* cannot load'):
        OnnxBackend(folder).predict(faces())


def test_wrong_faces_and_targets(exported):
    backend = OnnxBackend(exported)
    for wrong in (faces().astype(np.float32), faces()[0], faces()[:, :31],
                  np.zeros((1, 32, 32, 1), np.uint8)):
        with pytest.raises(UserError, match=r'uint8 \(N, 32, 32\)'):
            backend.predict(wrong)
    features = backend.encode(faces())
    targets = np.eye(4, dtype=np.float32)[:2]
    for wrong in (targets[:1], targets[:, :3], targets * np.nan):
        with pytest.raises(UserError, match='targets of the shape'):
            backend.decode(features, wrong)
    found = backend.decode(features, targets.astype(float))
    assert found.faces.shape == (2, 32, 32)
    # No faces are no error.
    none = backend.predict(faces(0))
    assert none.shape == (0, 4)


def test_options(exported, tmp_path):
    with pytest.raises(UserError, match="precision 'int4'"):
        load_backend(exported, precision='int4')
    with pytest.raises(UserError, match='no recogniser in int8'):
        load_backend(exported, precision='int8')
    with pytest.raises(UserError, match="device 'tpu'.*CPUExecution"):
        OnnxBackend(exported, device='tpu')
    with pytest.raises(UserError, match='found no model.json'):
        OnnxBackend(str(tmp_path))
    # By either name, and without naming the backend.
    for options in (dict(weights=exported,
                         backend='onnx'), dict(model=exported),
                    dict(model=exported, device='cpu')):
        assert isinstance(load_backend(**options), OnnxBackend)


def test_without_onnx_runtime(exported, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='pip install onnxruntime'):
        OnnxBackend(exported)


#: Hides all packages but NumPy, OpenCV, ONNX Runtime and what these need.
LIGHT = """
import sys
from importlib.machinery import PathFinder

ALLOWED = {'numpy', 'cv2', 'onnxruntime', 'flatbuffers', 'google',
           'packaging', 'mmfermtl', *sys.stdlib_module_names}


class Light(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split('.')[0] in ALLOWED:
            return PathFinder.find_spec(name, path, target)


before = {name.split('.')[0] for name in sys.modules}
assert not before & {'torch', 'mmengine', 'numpy'}, before
sys.meta_path[:] = [
    Light if finder is PathFinder else finder for finder in sys.meta_path
    if not isinstance(finder, type) or finder.__module__.startswith(
        ('_frozen', 'importlib', 'builtins'))]
import numpy as np
from mmfermtl.inference import load_backend

for name in ('torch', 'mmengine', 'mmcv', 'rich', 'onnx'):
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    raise AssertionError(f'{name} can be imported')
folder, file = sys.argv[1:]
model = load_backend(weights=folder, backend='onnx')
given = np.load(file)
logits = model.predict(given['faces'])
edited, _ = model.decode(model.encode(given['faces']), given['targets'])
np.savez(file, logits=logits, edited=edited)
try:
    load_backend('some_name')
except ValueError as error:
    print(error)
"""


def test_pytorch_and_mmengine_are_not_needed(exported, tmp_path):
    generator = np.random.default_rng(0)
    given = generator.integers(0, 256, (5, 32, 32), np.uint8)
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0]]
    path = str(tmp_path / 'faces.npz')
    np.savez(path, faces=given, targets=targets)
    done = subprocess.run([sys.executable, '-c', LIGHT, exported, path],
                          cwd=str(tmp_path),
                          env=dict(os.environ, PYTHONPATH=ROOT),
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert 'needs torch, mmengine, mmcv, not installed here' in done.stdout
    found, backend = np.load(path), OnnxBackend(exported)
    np.testing.assert_allclose(
        found['logits'], backend.predict(given), atol=1e-6)
    expected = backend.decode(backend.encode(given), targets).faces
    np.testing.assert_array_equal(found['edited'], expected)


#: Hides what the extra ``onnx`` does not bring.
HIDDEN = """
import sys
from importlib.machinery import PathFinder

NAMES = {'torch', 'torchvision', 'mmengine', 'mmcv', 'mmpretrain', 'onnx'}


class Hidden(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split('.')[0] not in NAMES:
            return PathFinder.find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Hidden
from mmfermtl.cli.main import main

sys.exit(main(sys.argv[1:]))
"""


def run_light(folder, *words):
    """Run the command ``mmfermtl`` without PyTorch and MMEngine."""
    return subprocess.run([sys.executable, '-c', HIDDEN, *words],
                          cwd=folder,
                          env=dict(os.environ, PYTHONPATH=ROOT),
                          capture_output=True,
                          text=True)


def test_the_command_reads_and_edits_without_pytorch(exported, tmp_path):
    import cv2
    picture = str(tmp_path / 'photo.png')
    draws = np.random.default_rng(0)
    cv2.imwrite(picture, draws.integers(0, 256, (90, 80, 3), np.uint8))
    options = ['--model', exported, '--faces', '10,10,70,70']
    read = run_light(
        str(tmp_path), 'predict', picture, *options, '--out', 'out')
    assert read.returncode == 0, read.stderr
    rows = (tmp_path / 'out' / 'predictions.csv').read_text().splitlines()
    assert len(rows) == 2 and rows[0].endswith(
        'p_anger,p_fear,p_happiness,p_sadness')
    edit = run_light(
        str(tmp_path), 'edit', picture, *options, '--to', 'happiness', '--out',
        'edit.png')
    assert edit.returncode == 0, edit.stderr
    assert cv2.imread(str(tmp_path / 'edit.png')).shape == (90, 80, 3)
    refused = run_light(
        str(tmp_path), 'export', 'tiny.safetensors', '--out', 'again')
    assert refused.returncode == 1
    assert 'the export needs torch, mmengine, mmcv' in refused.stderr
