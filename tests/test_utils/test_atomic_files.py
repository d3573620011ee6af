"""Files are complete or absent."""
import errno
import os

import pytest

from mmfermtl.utils.atomic_files import (PARTIAL, remove_partial_files,
                                         write_whole)


def test_content_and_permissions(tmp_path):
    path = tmp_path / 'new' / 'a.txt'
    write_whole(str(path), b'one')
    (tmp_path / 'b.txt').write_text('')
    assert path.read_bytes() == b'one'
    assert path.stat().st_mode == (tmp_path / 'b.txt').stat().st_mode
    before = path.stat().st_mtime_ns
    write_whole(str(path), b'one')
    assert path.stat().st_mtime_ns == before
    write_whole(str(path), b'two')
    assert path.read_bytes() == b'two'
    assert os.listdir(path.parent) == ['a.txt']


def test_the_first_writer_wins(tmp_path, monkeypatch):
    path = tmp_path / 'a.txt'
    for content in (b'one', b'two'):
        write_whole(str(path), content, replace=False)
    assert path.read_bytes() == b'one'
    assert os.listdir(tmp_path) == ['a.txt']

    def refuse(*args):
        raise OSError(errno.EPERM, 'Operation not permitted')

    # A file system without hard links.
    monkeypatch.setattr(os, 'link', refuse)
    write_whole(str(tmp_path / 'b.txt'), b'one', replace=False)
    assert (tmp_path / 'b.txt').read_bytes() == b'one'


def test_a_full_disk_leaves_no_part(tmp_path, monkeypatch):
    path = tmp_path / 'a.txt'
    write_whole(str(path), b'one')

    def full(descriptor):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match='a.txt') as info:
        write_whole(str(path), b'two')
    assert info.value.errno == errno.ENOSPC
    assert path.read_bytes() == b'one'
    assert os.listdir(tmp_path) == ['a.txt']


def test_links_are_replaced_and_not_followed(tmp_path):
    (tmp_path / 'keep').write_text('mine')
    os.symlink(tmp_path / 'keep', tmp_path / 'a.txt')
    write_whole(str(tmp_path / 'a.txt'), b'one')
    assert (tmp_path / 'keep').read_text() == 'mine'
    assert (tmp_path / 'a.txt').read_bytes() == b'one'


def test_parts_of_killed_runs_are_removed(tmp_path):
    inner = tmp_path / 'inner'
    inner.mkdir()
    (inner / f'a.txt.0123abcd{PARTIAL}').write_text('half')
    # Downloads of browsers end so, too.
    for name in ('b.txt', 'film.mp4.part', 'film.part', 'a.1.part'):
        (inner / name).write_text('whole')
    remove_partial_files(str(tmp_path))
    assert sorted(os.listdir(inner)) == [
        'a.1.part', 'b.txt', 'film.mp4.part', 'film.part'
    ]
