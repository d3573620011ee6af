"""Files of npm packages, packed and unpacked, from strangers."""
import gzip
import io
import os
import tarfile

import pytest

from mmfermtl.utils import npm_package
from mmfermtl.utils.npm_package import NpmPackage


def pack(path, members):
    """Write an archive of ``(TarInfo, content)``."""
    with tarfile.open(path, 'w:gz') as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return str(path)


def plain(name, content=b'abc'):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def link(name, target, kind=tarfile.SYMTYPE):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b''


def test_read_an_archive_and_a_folder(tmp_path):
    path = pack(tmp_path / 'a.tgz',
                [plain('package/model/a'),
                 plain('package/b', b'')])
    assert NpmPackage(path).read('model/a') == b'abc'
    assert NpmPackage(path).read('b') == b''
    (tmp_path / 'package' / 'model').mkdir(parents=True)
    (tmp_path / 'package' / 'model' / 'a').write_bytes(b'abc')
    for folder in (tmp_path, tmp_path / 'package'):
        assert NpmPackage(str(folder)).read('model/a') == b'abc'


# without the time, which would name a test anew in every process
PACKED = gzip.compress(b'x' * 2000, mtime=0)


@pytest.mark.parametrize('name', ['../a', '/etc/passwd', '', 'a/../../b'])
def test_names_outside_of_the_package(tmp_path, name):
    path = pack(tmp_path / 'a.tgz', [plain('package/../a')])
    for source in (path, str(tmp_path)):
        with pytest.raises(ValueError, match="without '..'; get it"):
            NpmPackage(source, 'get it').read(name)


@pytest.mark.parametrize('members, words', [
    ([], 'found 0 files package/a, expected one'),
    ([plain('package/a'), plain('package/a')], 'found 2 files'),
    ([plain('a')], 'found 0 files'),
    ([link('package/a', '/etc/passwd')], 'a link or a special file'),
    ([link('package/a', '/etc/passwd', tarfile.LNKTYPE)], 'a link'),
    ([link('package/a', '', tarfile.CHRTYPE)], 'special file'),
    ([link('package/a', '', tarfile.DIRTYPE)], 'special file'),
])
def test_members_that_are_refused(tmp_path, members, words):
    path = pack(tmp_path / 'a.tgz', members)
    with pytest.raises(ValueError, match=f'a.tgz: .*{words}'):
        NpmPackage(path).read('a')


def test_links_in_a_folder(tmp_path):
    (tmp_path / 'package').mkdir()
    (tmp_path / 'secret').write_bytes(b'x')
    os.symlink(tmp_path / 'secret', tmp_path / 'package' / 'a')
    with pytest.raises(ValueError, match='leads through a link'):
        NpmPackage(str(tmp_path)).read('a')
    with pytest.raises(ValueError, match='found no file b'):
        NpmPackage(str(tmp_path)).read('b')


def test_sizes_are_bounded(tmp_path, monkeypatch):
    path = pack(tmp_path / 'a.tgz', [plain('package/a', bytes(40_000))])
    monkeypatch.setattr(npm_package, 'MAX_FILE', 30_000)
    with pytest.raises(ValueError, match='a of 40000 bytes, .* 30000'):
        NpmPackage(path).read('a')
    monkeypatch.setattr(npm_package, 'MAX_PACKAGE', 20_000)
    with pytest.raises(ValueError, match='MiB unpacked'):
        NpmPackage(path)
    (tmp_path / 'a').write_bytes(bytes(40_000))
    with pytest.raises(ValueError, match='a of 40000 bytes'):
        NpmPackage(str(tmp_path)).read('a')


@pytest.mark.parametrize(
    'content, words', [
        (b'', 'damaged archive'),
        (b'no gzip', 'damaged or other file'),
        (PACKED, 'damaged archive'),
        (PACKED[:20], 'damaged or other file'),
    ],
    ids=['empty', 'no gzip', 'no archive', 'cut off'])
def test_damaged_archives(tmp_path, content, words):
    path = tmp_path / 'a.tgz'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        NpmPackage(str(path))
