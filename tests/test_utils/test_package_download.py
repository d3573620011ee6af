"""Downloads by pip and npm, with commands in their place."""
import os
import sys

import pytest
from fake_package_tools import fake_tool

from mmfermtl.utils import package_download
from mmfermtl.utils.errors import UserError
from mmfermtl.utils.package_download import (download_npm_package,
                                             download_wheel)


@pytest.fixture
def empty(tmp_path):
    """The folder that a package is downloaded into."""
    (tmp_path / 'empty').mkdir()
    return str(tmp_path / 'empty')


def test_what_is_asked_for(tmp_path, empty):
    (tmp_path / 'a-1.whl').write_bytes(b'wheel')
    (tmp_path / 'b-2.tgz').write_bytes(b'archive')
    tool = fake_tool(tmp_path, tmp_path / 'a-1.whl', tmp_path / 'b-2.tgz')
    assert download_wheel('a==1', empty, tool) == f'{empty}{os.sep}a-1.whl'
    assert download_npm_package('b@2', empty, tool).endswith('b-2.tgz')
    pip, npm = (tmp_path / 'log.txt').read_text().splitlines()
    assert pip.split()[0] == 'download' and pip.endswith(f'{empty} a==1')
    # Neither dependencies, nor code of a source archive, nor questions.
    assert {'--no-deps', '--only-binary=:all:',
            '--no-input'} <= set(pip.split())
    assert npm.split()[0] == 'pack' and npm.endswith('b@2')
    assert '--ignore-scripts' in npm


@pytest.mark.parametrize('output, reason', [
    ("WARNING: 'NewConnectionError(x)'\nERROR: No matching distribution",
     r'no connection to the package index \(NewConnectionError\)'),
    ('Looking\nERROR: No matching distribution\nhint', 'ERROR: No matching'),
    ('npm error code ENOTFOUND', r'\(ENOTFOUND\)'),
    ('npm error code E404\nnpm error 404', 'npm error code E404$'),
    ('python: No module named pip', 'this interpreter has no pip'),
    ('first\n\x1b[31mlast', r'\\x1b\[31mlast'),
    ('', 'without a message'),
])
def test_reasons_of_failures(tmp_path, empty, output, reason):
    tool = fake_tool(tmp_path, output=output, code=1)
    with pytest.raises(UserError, match=f'^pip failed: .*{reason}'):
        download_wheel('a==1', empty, tool)


def test_no_file_and_no_command(tmp_path, empty, monkeypatch):
    with pytest.raises(UserError, match='and left 0 .whl files, expected one'):
        download_wheel('a==1', empty, fake_tool(tmp_path))
    with pytest.raises(UserError, match='pip cannot be started'):
        download_wheel('a==1', empty, [str(tmp_path / 'missing')])
    monkeypatch.setenv('PATH', '')
    with pytest.raises(UserError, match='npm, .* is not installed'):
        download_npm_package('b@2', empty)
    monkeypatch.setattr(package_download, 'TIMEOUT', 0)
    with pytest.raises(UserError, match='did not end in 0 seconds'):
        download_wheel('a==1', empty, [sys.executable, '-c', 'input()'])


def test_modules_of_the_working_directory_are_not_run(tmp_path, empty,
                                                      monkeypatch):
    """``python -m pip`` would prefer a file ``pip.py`` that lies there."""
    (tmp_path / 'pip.py').write_text('raise SystemExit("run")')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('PYTHONPATH', raising=False)
    monkeypatch.setenv('PIP_NO_INDEX', '1')
    with pytest.raises(UserError, match='ERROR: Could not find'):
        download_wheel('a-package-that-is-not-there==1', empty)
