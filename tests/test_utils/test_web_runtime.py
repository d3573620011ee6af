"""ONNX Runtime for browsers, from archives made here."""
import base64
import gzip
import hashlib
import io
import os
import tarfile

import pytest
from fake_package_tools import fake_tool

from mmfermtl.utils import web_runtime
from mmfermtl.utils.errors import UserError
from mmfermtl.utils.web_runtime import (FILES, INTEGRITY, LICENSE_FILE,
                                        PACKAGE, bring_web_runtime,
                                        find_web_runtime)


def pack(path, files):
    """Write an archive as ``npm pack`` does."""
    with tarfile.open(path, 'w:gz') as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f'package/{name}')
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def pin(monkeypatch, path, files=None):
    """Let the checksums be those of an archive."""
    digest = hashlib.sha512(path.read_bytes()).digest()
    monkeypatch.setattr(web_runtime, 'INTEGRITY',
                        'sha512-' + base64.b64encode(digest).decode())
    if files is not None:
        monkeypatch.setattr(
            web_runtime, 'FILES', {
                name: hashlib.sha256(content).hexdigest()
                for name, content in files.items() if name in FILES
            })


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An archive whose checksums are the expected ones."""
    files = {name: name.encode() for name in FILES}
    files.update({'dist/ort.webgpu.js': b'unused', '../evil': b'x'})
    path = pack(tmp_path / 'runtime.tgz', files)
    pin(monkeypatch, path, files)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('USERPROFILE', str(tmp_path / 'home'))
    return path


def test_files_that_are_used_are_kept(archive, tmp_path):
    said = []
    folder = bring_web_runtime(str(archive), say=said.append)
    assert folder == find_web_runtime()
    assert folder.startswith(str(tmp_path / 'home'))
    assert set(
        os.listdir(folder)) == {os.path.basename(name)
                                for name in FILES} | {LICENSE_FILE}
    assert 'Copyright (c) Microsoft' in open(f'{folder}/{LICENSE_FILE}').read()
    assert 'SHA-512' in ' '.join(said)
    # The second time nothing is read or downloaded.
    bring_web_runtime('missing.tgz', say=said.append)
    assert 'is there already' in said[-1]


def test_download(archive, tmp_path):
    npm = fake_tool(tmp_path, archive)
    folder = bring_web_runtime(folder=str(tmp_path / 'out'), npm=npm)
    assert find_web_runtime(folder) == str(tmp_path / 'out')
    assert PACKAGE in (tmp_path / 'log.txt').read_text()


def test_offline(archive, tmp_path):
    npm = fake_tool(tmp_path, output='npm error code ENOTFOUND', code=1)
    with pytest.raises(UserError) as error:
        bring_web_runtime(npm=npm)
    for part in ('no connection', f'npm pack {PACKAGE}',
                 'mmfermtl setup --web --from'):
        assert part in str(error.value)


def test_other_archives_are_refused(archive, tmp_path, monkeypatch):
    out = tmp_path / 'out'
    whole = archive.read_bytes()
    for content in (whole[:-1], whole + b'\0', gzip.compress(b'x'), b''):
        archive.write_bytes(content)
        with pytest.raises(ValueError, match='found sha512-.*expected sha512'):
            bring_web_runtime(str(archive), str(out))
    monkeypatch.setattr(web_runtime, 'MAX_ARCHIVE', len(whole) - 1)
    archive.write_bytes(whole)
    with pytest.raises(ValueError, match='expected at most'):
        bring_web_runtime(str(archive), str(out))
    assert not out.exists()


def test_each_file_is_verified(archive, tmp_path, monkeypatch):
    """Also if the checksum of the archive were that of another."""
    changed = pack(tmp_path / 'changed.tgz', {name: b'?' for name in FILES})
    pin(monkeypatch, changed)
    with pytest.raises(ValueError, match='has the SHA-256'):
        bring_web_runtime(str(changed), str(tmp_path / 'out'))
    few = pack(tmp_path / 'few.tgz', {'dist/ort.wasm.min.js': b''})
    pin(monkeypatch, few)
    with pytest.raises(ValueError, match='found 0 files package/dist'):
        bring_web_runtime(str(few), str(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()


def test_missing_and_changed_files_are_named(archive, tmp_path):
    with pytest.raises(UserError, match='is missing.*mmfermtl setup --web'):
        find_web_runtime()
    folder = bring_web_runtime(str(archive))
    path = os.path.join(folder, 'ort.wasm.min.js')
    with open(path, 'w') as file:
        file.write('changed')
    with pytest.raises(UserError, match='ort.wasm.min.js.* has the SHA-256'):
        find_web_runtime()
    bring_web_runtime(str(archive))
    assert open(path).read() == 'dist/ort.wasm.min.js'


def test_the_pin_is_a_sha512():
    assert len(base64.b64decode(INTEGRITY[len('sha512-'):])) == 64
