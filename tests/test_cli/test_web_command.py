"""``mmfermtl web``: its options, and the model that it chooses."""
import hashlib
import http.client
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from light_installation import BLOCK
from toy_exports import write_toy_export

from mmfermtl import stack
from mmfermtl.cli import web_command, web_model
from mmfermtl.cli.main import main
from mmfermtl.utils.errors import UserError
from mmfermtl.utils.web_runtime import FILES
from mmfermtl.web import page_files

ROOT = Path(__file__).resolve().parents[2]


def find_web_runtime_nowhere():
    raise UserError('run `mmfermtl setup --web`')


@pytest.fixture
def brought(tmp_path, monkeypatch):
    """What is brought from elsewhere, in its place."""
    folder = tmp_path / 'runtime'
    folder.mkdir()
    for name in (*map(os.path.basename, FILES), 'LICENSE'):
        (folder / name).touch()
    monkeypatch.setattr(page_files, 'find_web_runtime', lambda: str(folder))
    monkeypatch.setattr(page_files, 'find_face_model', lambda: ('', b'yunet'))


def test_export(tmp_path, brought, capsys):
    model = write_toy_export(str(tmp_path / 'model'))
    out = tmp_path / 'out'
    assert main(['web', '--model', model, '--export', str(out)]) == 0
    assert 'MB. Put the folder on any static host' in capsys.readouterr().out
    assert (out / 'index.html').is_file()
    assert (out / 'model' / 'decoder.onnx').is_file()


def test_what_is_missing_is_said_before_an_export(tmp_path, brought, capsys,
                                                  monkeypatch):
    monkeypatch.setattr(page_files, 'find_web_runtime',
                        find_web_runtime_nowhere)
    monkeypatch.setattr(web_model, 'export_weights', None)
    with pytest.raises(SystemExit):
        main(['web', '--export', str(tmp_path / 'out')])
    assert 'setup --web' in capsys.readouterr().err


def test_page_is_served_until_ctrl_c(tmp_path, brought, capsys, monkeypatch):
    """It answers at the address that is printed."""
    asked = []

    def serve(server):
        connection = http.client.HTTPConnection('127.0.0.1',
                                                server.server_port)
        connection.request('GET', '/settings.json')
        server.handle_request()
        asked.append(connection.getresponse().status)
        raise KeyboardInterrupt

    monkeypatch.setattr('mmfermtl.web.page_server.PageServer.serve_forever',
                        serve)
    monkeypatch.setattr('webbrowser.open', asked.append)
    model = write_toy_export(str(tmp_path / 'model'))
    assert main(['web', '--model', model, '--port', '0', '--open']) == 0
    out = capsys.readouterr().out
    url = out.split()[2]
    assert asked == [url, 200] and url.startswith('http://127.0.0.1:')
    assert out.endswith('ended\n')


@pytest.mark.parametrize('words, message', [
    (['--export', 'out', '--port', '1'], 'leave out --port and --open'),
    (['--export', 'out', '--open'], 'leave out --port and --open'),
    (['--port', '-1'], '--port -1'),
    (['--coverage', '2'], None),
    (['--model', 'none.safetensors'], 'none.safetensors: no such file'),
    (['--model', '.'], 'found no model.json'),
])
def test_wrong_use(tmp_path, brought, capsys, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    if '--model' not in words:
        words = [*words, '--model', write_toy_export('model')]
    if message is None:
        # Of a model that is not calibrated nothing depends on it.
        monkeypatch.setattr(web_command, '_serve', lambda *args: 0)
        assert main(['web', *words]) == 0
        return
    with pytest.raises(SystemExit) as ended:
        main(['web', *words])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_missing_runtime(tmp_path, capsys, monkeypatch):
    """The message names the command that brings it."""
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('USERPROFILE', str(tmp_path))
    monkeypatch.setattr(page_files, 'find_face_model', lambda: ('', b'yunet'))
    model = write_toy_export(str(tmp_path / 'model'))
    with pytest.raises(SystemExit) as ended:
        main(['web', '--model', model])
    assert ended.value.code == 2
    assert 'mmfermtl setup --web' in capsys.readouterr().err


def test_weights_are_exported_once(tmp_path, monkeypatch, capsys):
    """The folder is named by their checksum."""
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('USERPROFILE', str(tmp_path))
    made = []

    def export(source, folder, overwrite):
        made.append((source, folder))
        write_toy_export(folder)

    monkeypatch.setattr('mmfermtl.export.export_source.source_of_weights',
                        lambda path: SimpleNamespace(path=path))
    monkeypatch.setattr('mmfermtl.export.onnx_export.export_onnx', export)
    path = tmp_path / 'some.safetensors'
    path.write_bytes(b'1')
    first = web_model.export_weights(str(path))
    assert web_model.export_weights(str(path)) == first
    assert len(made) == 1 and made[0][0].path == str(path)
    assert os.path.basename(first).startswith('some-')
    path.write_bytes(b'2')
    assert web_model.export_weights(str(path)) != first
    assert capsys.readouterr().out.count('this once') == 2


def test_weights_need_pytorch(monkeypatch):
    monkeypatch.setattr(stack, 'missing_modules', lambda: ['torch'])
    with pytest.raises(ImportError, match='give --model the folder') as error:
        web_model.export_weights('fer_tiny_ferplus')
    assert 'needs torch, not' in str(error.value)
    assert 'pip install "mmfermtl[onedl]"' in str(error.value)


def test_weights_need_the_extra(monkeypatch, tmp_path, brought, capsys):
    """Those that were exported before do not."""
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('USERPROFILE', str(tmp_path))
    monkeypatch.setattr(stack, '_EXPORT', ('not_there', ))
    assert main(['web', '--export', str(tmp_path / 'out')]) == 1
    message = capsys.readouterr().err
    assert 'needs fermtl_tiny_ferplus as an exported model' in message
    assert 'pip install "mmfermtl[export]"' in message
    folder = tmp_path / '.cache' / 'mmfermtl' / 'exports'
    path = tmp_path / 'some.safetensors'
    path.write_bytes(b'1')
    folder /= f'some-{hashlib.sha256(b"1").hexdigest()[:16]}'
    write_toy_export(str(folder))
    assert web_model.export_weights(str(path)) == str(folder)


def test_page_needs_no_pytorch(tmp_path):
    """A light installation exports the page of an exported model."""
    write_toy_export(str(tmp_path / 'model'))
    code = BLOCK + """
from mmfermtl.web import page_files
from mmfermtl.cli.main import main
page_files.find_face_model = lambda: ('', b'yunet')
page_files.find_web_runtime = lambda: 'runtime'
code = main(['web', '--model', 'model', '--export', 'out'])
print([m for m in sys.modules if m.split('.')[0] in BLOCKED], code)
"""
    (tmp_path / 'runtime').mkdir()
    for name in (*map(os.path.basename, FILES), 'LICENSE'):
        (tmp_path / 'runtime' / name).touch()
    result = subprocess.run([sys.executable, '-c', code],
                            cwd=tmp_path,
                            env=dict(os.environ, PYTHONPATH=str(ROOT)),
                            capture_output=True,
                            text=True)
    assert result.stdout.endswith('[] 0\n'), result.stderr
