"""One file of a wheel, from strangers."""
import struct
import zipfile
import zlib

import pytest

from mmfermtl.utils import wheel_member
from mmfermtl.utils.wheel_member import read_wheel_member

NAME = 'package/data.onnx'


def pack(path, *members, method=zipfile.ZIP_DEFLATED):
    """Write a wheel of ``(name, content)``."""
    with zipfile.ZipFile(path, 'w', method) as wheel:
        for name, content in members:
            wheel.writestr(name, content)
    return str(path)


def test_read_a_member(tmp_path):
    path = pack(tmp_path / 'a.whl', ('../../evil', b'x'), (NAME, b'abc'))
    assert read_wheel_member(path, NAME, 3) == b'abc'
    assert [one.name for one in tmp_path.iterdir()] == ['a.whl']


@pytest.mark.parametrize(
    'members', [[], [('other/data.onnx', b'')], [(f'../{NAME}', b'')]])
def test_the_whole_name_counts(tmp_path, members):
    path = pack(tmp_path / 'a.whl', *members)
    with pytest.raises(ValueError, match=f'found 0 files {NAME}, expected on'):
        read_wheel_member(path, NAME, 3)


@pytest.mark.filterwarnings('ignore:Duplicate name')
def test_a_name_that_is_there_twice(tmp_path):
    path = pack(tmp_path / 'a.whl', (NAME, b'abc'), (NAME, b'abd'))
    with pytest.raises(ValueError, match='found 2 files'):
        read_wheel_member(path, NAME, 3)


def test_bombs_are_read_up_to_the_limit(tmp_path, monkeypatch):
    path = pack(tmp_path / 'a.whl', (NAME, bytes(1 << 20)))
    with pytest.raises(ValueError, match='more than 1000 bytes of package'):
        read_wheel_member(path, NAME, 1000)
    # A directory that lies about the size, at both places.
    lie = struct.pack('<L', 1000)
    content = (tmp_path / 'a.whl').read_bytes().replace(
        struct.pack('<L', 1 << 20), lie)
    (tmp_path / 'a.whl').write_bytes(content)
    with pytest.raises(ValueError, match='a.whl: found a damaged'):
        read_wheel_member(path, NAME, 1000)
    monkeypatch.setattr(wheel_member, 'MAX_MEMBERS', 0)
    with pytest.raises(ValueError, match=f'found 0 files {NAME}'):
        read_wheel_member(path, NAME, 1000)
    monkeypatch.setattr(wheel_member, 'MAX_WHEEL', 10)
    with pytest.raises(ValueError, match='more than 10 bytes, expected at'):
        read_wheel_member(path, NAME, 1000)


def test_truncated_and_changed_wheels(tmp_path):
    data = zlib.compress(b'some content that is stored')
    path = pack(tmp_path / 'a.whl', (NAME, data), method=zipfile.ZIP_STORED)
    whole = (tmp_path / 'a.whl').read_bytes()
    changed = whole.replace(data, data[:-1] + b'?')
    encrypted = bytearray(whole)
    encrypted[6] |= 1
    encrypted[whole.index(b'PK\1\2') + 8] |= 1
    for content in (b'', b'no zip', whole[:40], whole[:-10], whole[10:],
                    changed, bytes(encrypted)):
        (tmp_path / 'a.whl').write_bytes(content)
        with pytest.raises(ValueError, match='a.whl: found a damaged or oth'):
            read_wheel_member(path, NAME, 100)
