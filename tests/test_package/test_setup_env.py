"""The scripts name what is missing before they touch anything."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which('bash')
SCRIPTS = sorted((ROOT / 'tools').rglob('*.sh')) + [ROOT / '.ci' / 'run']

pytestmark = pytest.mark.skipif(BASH is None, reason='needs bash')


def stub(folder: Path, name: str, body: str) -> Path:
    """Write a command which stands in for one of the system."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!{BASH}\n{body}\n')
    path.chmod(0o755)
    return path


def setup_env(env_dir: Path, *args: str, **settings: str):
    """Run tools/setup_env.sh for ``env_dir``, with these variables set."""
    variables = {
        key: value
        for key, value in os.environ.items() if key != 'PYTHON'
    }
    variables.update(settings, MMFERMTL_ENV=str(env_dir))
    return subprocess.run(
        [BASH, str(ROOT / 'tools' / 'setup_env.sh'), *args],
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True)


def assert_fails(result, *messages: str):
    assert result.returncode == 1
    assert result.stdout == ''
    for message in messages:
        assert message in result.stderr


@pytest.mark.parametrize('script', SCRIPTS, ids=lambda path: path.name)
def test_syntax(script):
    subprocess.run([BASH, '-n', str(script)], check=True)


def test_named_python_does_not_run(tmp_path):
    env_dir = tmp_path / 'env'
    result = setup_env(env_dir, PYTHON='/nonexistent')
    assert_fails(result, 'PYTHON=/nonexistent cannot be run', '3.10')
    assert not env_dir.exists()


def test_no_python_on_path(tmp_path):
    # Interpreters that exist and fail, as pyenv leaves them behind.
    for name in ('python', 'python3', *(f'python3.{i}'
                                        for i in range(10, 14))):
        stub(tmp_path / 'bin', name, 'exit 127')
    path = f'{tmp_path / "bin"}{os.pathsep}{os.environ["PATH"]}'
    result = setup_env(tmp_path / 'env', PATH=path)
    assert_fails(result, 'No Python 3.10 or newer was found')


def test_no_venv_module(tmp_path):
    python = stub(
        tmp_path, 'python', 'if [[ $2 == *ensurepip* ]]; then exit 1; fi\n'
        f'exec "{sys.executable}" "$@"')
    result = setup_env(tmp_path / 'env', PYTHON=str(python))
    assert_fails(result, 'has no venv module', 'apt install python3')


def test_no_disk_space(tmp_path):
    stub(tmp_path / 'bin', 'df',
         'echo Filesystem; echo /dev/x 100 90 2097152 99% /')
    path = f'{tmp_path / "bin"}{os.pathsep}{os.environ["PATH"]}'
    result = setup_env(tmp_path / 'env', PYTHON=sys.executable, PATH=path)
    assert_fails(result, 'No disk space: 2 GB are free', 'MMFERMTL_ENV')


def test_folder_of_the_user_is_left_alone(tmp_path):
    precious = tmp_path / 'env' / 'precious.txt'
    precious.parent.mkdir()
    precious.touch()
    result = setup_env(tmp_path / 'env', PYTHON=sys.executable)
    assert_fails(result, 'is not a Python environment')
    assert precious.exists()


def test_unknown_argument(tmp_path):
    assert_fails(
        setup_env(tmp_path / 'env', 'test'), 'Unknown argument: test',
        'usage:')


@pytest.mark.parametrize('script', ['run_tests.sh', 'quickstart.sh'])
def test_callers_stop_without_environment(script):
    result = subprocess.run([BASH, str(ROOT / 'tools' / script)],
                            env={
                                **os.environ, 'PYTHON': '/nonexistent',
                                'MMFERMTL_ENV': '/nonexistent/env'
                            },
                            stdin=subprocess.DEVNULL,
                            capture_output=True,
                            text=True)
    assert_fails(result, 'PYTHON=/nonexistent cannot be run')
