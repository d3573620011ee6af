"""Files that another file names stay inside its folder."""
import os

import pytest

from mmfermtl.utils.contained_files import contained_path, remove_files

WRONG = ['../keep', '/etc/hostname', 'a/../../keep', '..', '.', '', 'a\0b',
         './a', 'a//b', 3, None, b'a', ['a']]  # yapf: disable


@pytest.fixture
def root(tmp_path):
    """A folder beside a file that must stay."""
    (tmp_path / 'keep').write_text('')
    (tmp_path / 'tree' / 'a').mkdir(parents=True)
    (tmp_path / 'tree' / 'a' / 'b').write_text('')
    return str(tmp_path / 'tree')


@pytest.mark.parametrize('path', WRONG)
def test_paths_that_lead_out(root, tmp_path, path):
    with pytest.raises(ValueError, match="expected a relative path without"):
        contained_path(root, path)
    with pytest.raises(ValueError):
        remove_files(root, ['a/b', path])
    # It is checked before anything is removed.
    assert (tmp_path / 'keep').exists()
    assert os.path.exists(os.path.join(root, 'a', 'b'))


def test_links_to_folders(root, tmp_path):
    os.symlink(str(tmp_path), os.path.join(root, 'up'))
    with pytest.raises(ValueError, match='up/keep: leads through a link'):
        remove_files(root, ['up/keep'])
    assert (tmp_path / 'keep').exists()


def test_links_to_files(root, tmp_path):
    """They are not read through; removing takes the link alone."""
    os.symlink(str(tmp_path / 'keep'), os.path.join(root, 'link'))
    with pytest.raises(ValueError, match='leads through a link'):
        contained_path(root, 'link', follow=True)
    remove_files(root, ['link', 'a/b'])
    assert (tmp_path / 'keep').exists()
    assert os.listdir(root) == []


def test_inside(root, tmp_path):
    os.symlink('a', os.path.join(root, 'inner'))
    for path in ('a/b', 'inner/b', 'new/c'):
        assert contained_path(root, path, True) == os.path.join(root, path)
    os.symlink(root, str(tmp_path / 'other'))
    contained_path(str(tmp_path / 'other'), 'a/b', follow=True)
