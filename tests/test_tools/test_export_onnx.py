"""The command `mmfermtl export` and tools/export_onnx.py."""
import os
import os.path as osp
import runpy
import sys

import numpy as np
import pytest
from exported_models import CLASSES, NETWORK, PIPELINE, read_about, tiny_source

from mmfermtl import stack
from mmfermtl.cli.main import main
from mmfermtl.export import onnx_export
from mmfermtl.export.onnx_parts import convert_parts
from mmfermtl.inference import load_backend
from mmfermtl.utils.json_documents import write_json
from mmfermtl.utils.safe_loading.safetensors_files import write_safetensors

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
CALIBRATION = {
    'format': 'mmfermtl-calibration-1',
    'temperature': 2.,
    'classes': CLASSES,
    'score': '1-p',
    'quantiles': {
        '0.9': [.6, .9, .7, .5]
    }
}


@pytest.fixture(scope='module')
def source():
    return tiny_source(generator=None)


@pytest.fixture(scope='module')
def weights(source, tmp_path_factory):
    """Published weights of the tiny recogniser."""
    path = str(tmp_path_factory.mktemp('weights') / 'tiny.safetensors')
    network = dict(NETWORK, generator=None)
    network['backbone'] = dict(network['backbone'], branches='fer')
    model = dict(type='mmfermtl.FERMTL', network=network, loss_rec=None)
    write_safetensors(
        path, {
            k: v
            for k, v in source.model.state_dict().items()
        },
        dict(
            format='mmfermtl-weights-1',
            name='tiny',
            config='tiny',
            model=model,
            pipeline=PIPELINE,
            classes=CLASSES,
            training_facts=dict(
                source.facts,
                classes=CLASSES,
                datasets=[dict(space='SyntheticFaces')]),
            checkpoint_sha256='0' * 64))
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch, source):
    """Convert the network once."""
    if not hasattr(source, 'parts'):
        source.parts = convert_parts(source)
    monkeypatch.setattr(onnx_export, 'convert_parts', lambda _: source.parts)


def test_published_weights(weights, source, tmp_path, capsys):
    out = str(tmp_path / 'out')
    calibration = str(tmp_path / 'calibration.json')
    write_json(calibration, CALIBRATION)
    assert main([
        'export', weights, '--out', out, '--name', 'my model', '--calibration',
        calibration
    ]) == 0
    text = capsys.readouterr().out
    assert 'recogniser.onnx' in text and 'difference from PyTorch' in text
    about = read_about(out)
    assert about['name'] == 'my model' and about['classes'] == CLASSES
    assert about['image_size'] == [32, 32]
    assert about['calibration'] == CALIBRATION
    assert load_backend(out).calibration == CALIBRATION
    faces = np.zeros((2, 32, 32), np.uint8)
    assert load_backend(out).predict(faces).shape == (2, 4)


def test_the_tool(weights, tmp_path, monkeypatch):
    out = str(tmp_path / 'out')
    tool = osp.join(ROOT, 'tools', 'export_onnx.py')
    monkeypatch.setattr(sys, 'argv', [tool, weights, '--out', out])
    with pytest.raises(SystemExit) as raised:
        runpy.run_path(tool, run_name='__main__')
    assert raised.value.code == 0
    assert 'recogniser.onnx' in os.listdir(out)


@pytest.mark.parametrize('words, message', [
    (['a.py'], 'needs a checkpoint'),
    (['a.safetensors', 'b.pth'], 'published weights need no second file'),
    (['gone'], 'names no weights'),
    (['gone.safetensors'], 'are not a file'),
    (['gone.py', 'gone.pth'], 'gone.py'),
    (['gone', '--data-root', 'x'], '--data-root is for a config'),
])
def test_wrong_use(words, message, tmp_path, capsys):
    out = str(tmp_path / 'out')
    with pytest.raises(SystemExit) as raised:
        main(['export', *words, '--out', out])
    assert raised.value.code == 2
    assert message in capsys.readouterr().err
    assert not osp.exists(out)


def test_wrong_calibrations(weights, tmp_path, capsys):
    other = str(tmp_path / 'other.json')
    write_json(other, dict(CALIBRATION, classes=CLASSES[::-1]))
    with pytest.raises(SystemExit) as raised:
        main([
            'export', weights, '--out',
            str(tmp_path / 'out'), '--calibration', other
        ])
    assert raised.value.code == 2
    assert 'a calibration for the classes' in capsys.readouterr().err


def test_int8_that_is_refused_ends_with_1(weights, tmp_path, monkeypatch,
                                          capsys):
    import mmfermtl.export.labelled_faces as module
    from mmfermtl.export.int8_recogniser import Int8Result
    monkeypatch.setattr(module, 'read_labelled_faces', lambda *args: 'faces')
    monkeypatch.setattr(
        onnx_export, 'make_int8',
        lambda content, faces: Int8Result(None, {}, 'int8 refused: too bad'))
    out = str(tmp_path / 'out')
    assert main(['export', weights, '--out', out, '--int8', 'faces']) == 1
    assert 'error: int8 refused: too bad' in capsys.readouterr().err
    assert 'recogniser.onnx' in os.listdir(out)


def test_without_pytorch(monkeypatch):
    monkeypatch.setattr(stack, 'missing_modules', lambda: ['torch'])
    with pytest.raises(ImportError, match=r'needs torch,.*mmfermtl\[onedl\]'):
        stack.check_export_packages()


def test_without_the_extra(weights, tmp_path, monkeypatch, capsys):
    """Nothing is computed, and the message installs what is missing."""
    monkeypatch.setattr(stack, '_EXPORT', ('onnx', 'not_there'))
    assert main(['export', weights, '--out', str(tmp_path / 'out')]) == 1
    message = capsys.readouterr().err
    assert 'the export needs not_there, not installed here' in message
    assert 'pip install "mmfermtl[export]"' in message
    assert not (tmp_path / 'out').exists()


def test_a_checkpoint_of_a_config(source, tmp_path):
    import torch

    from mmfermtl.apis import load_config
    from mmfermtl.export.export_source import source_of_checkpoint
    config, checkpoint = str(tmp_path / 'own.py'), str(tmp_path / 'a.pth')
    network = dict(NETWORK, generator=None)
    network['backbone'] = dict(network['backbone'], branches='fer')
    model = dict(type='mmfermtl.FERMTL', network=network, loss_rec=None)
    dataset = dict(
        type='mmfermtl.SyntheticFaces', image_size=32, pipeline=PIPELINE)
    with open(config, 'w') as file:
        file.write(f'model = {model}\n'
                   f'test_dataloader = dict(dataset={dataset})\n')
    meta = dict(
        experiment_name='run_of_mine_20260101_000000',
        training_facts=dict(source.facts, classes=CLASSES))
    torch.save(
        dict(state_dict=source.model.state_dict(), meta=meta), checkpoint)
    found = source_of_checkpoint(load_config(config), checkpoint)
    assert found.name == found.origin['config'] == 'run_of_mine'
    assert found.classes == CLASSES and found.image_size == (32, 32)
    assert found.in_channels == 1 and found.calibration is None
    out = str(tmp_path / 'out')
    assert main(['export', config, checkpoint, '--out', out]) == 0
    assert load_backend(out).name == 'run_of_mine'
