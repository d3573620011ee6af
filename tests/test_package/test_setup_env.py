"""The scripts name what is missing before they touch anything.

What they install is tested by ``.ci/run``, which runs them.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which('bash')

pytestmark = pytest.mark.skipif(BASH is None, reason='needs bash')


def run_script(name: str, *args: str, **settings: str):
    """Run a script of ``tools/`` with these environment variables set."""
    variables = {
        key: value
        for key, value in os.environ.items()
        if key not in ('PYTHON', 'MMFERMTL_ENV')
    }
    return subprocess.run([BASH, str(ROOT / 'tools' / name), *args],
                          env={
                              **variables,
                              **settings
                          },
                          stdin=subprocess.DEVNULL,
                          capture_output=True,
                          text=True)


def write_command(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!{BASH}\n{body}\n')
    path.chmod(0o755)


def assert_fails(result, *messages: str):
    assert result.returncode == 1
    assert result.stdout == ''
    for message in messages:
        assert message in result.stderr


def test_no_python_on_path(tmp_path):
    # Interpreters that exist and fail, as pyenv leaves them behind.
    for name in ('python', 'python3', *(f'python3.{i}'
                                        for i in range(10, 14))):
        write_command(tmp_path / 'bin' / name, 'exit 127')
    path = f'{tmp_path / "bin"}{os.pathsep}{os.environ["PATH"]}'
    result = run_script(
        'setup_env.sh', MMFERMTL_ENV=str(tmp_path / 'env'), PATH=path)
    assert_fails(result, 'No Python 3.10 or newer was found')
    assert not (tmp_path / 'env').exists()


def test_folder_of_the_user_is_kept(tmp_path):
    precious = tmp_path / 'precious.txt'
    precious.touch()
    result = run_script(
        'setup_env.sh', MMFERMTL_ENV=str(tmp_path), PYTHON=sys.executable)
    assert_fails(result, 'is not a Python environment')
    assert precious.exists()


@pytest.mark.parametrize('args, other', [((), 'mmengine'),
                                         (('openmmlab', ), 'onedl_mmengine')])
def test_stacks_are_never_mixed(tmp_path, args, other):
    packages = tmp_path / 'lib' / 'python3.11' / 'site-packages'
    (packages / f'{other}-0.10.7.dist-info').mkdir(parents=True)
    write_command(tmp_path / 'bin' / 'python', 'exit 0')
    result = run_script('setup_env.sh', *args, MMFERMTL_ENV=str(tmp_path))
    assert_fails(result, 'holds the other stack', 'MMFERMTL_ENV=')


@pytest.mark.parametrize('code', [0, 1])
def test_face_detector_is_brought_if_it_can_be(tmp_path, code):
    """Without a network the environment is ready all the same."""
    log = tmp_path / 'log.txt'
    write_command(
        tmp_path / 'bin' / 'python', f'echo "$*" >>{log}\n'
        '[[ $1 != - ]] || echo fingerprint\n'
        f'[[ $2 != mmfermtl.cli ]] || {{ echo FaceDetector; exit {code}; }}')
    result = run_script('setup_env.sh', MMFERMTL_ENV=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert '-m mmfermtl.cli setup' in log.read_text().splitlines()
    assert result.stdout.split()[-1] == str(tmp_path / 'bin' / 'python')
    assert 'FaceDetector' in result.stderr
    assert 'FaceDetector' not in result.stdout
    assert ('`mmfermtl setup`' in result.stderr) == bool(code)


@pytest.mark.parametrize('script, args, message', [
    ('setup_env.sh', ['test'], 'Unknown argument: test'),
    ('run_tests.sh', ['--stack'], '--stack takes onedl or openmmlab'),
    ('run_tests.sh', ['--stack=mmcv'], '--stack takes onedl or openmmlab'),
])
def test_mistyped_arguments(script, args, message):
    assert_fails(run_script(script, *args), message)


@pytest.mark.parametrize('script, args, wanted', [
    ('run_tests.sh', ['tests'], 'Python 3.10 or newer'),
    ('run_tests.sh', ['--stack', 'openmmlab'], 'Python 3.11'),
    ('quickstart.sh', [], 'Python 3.10 or newer'),
])
def test_callers_stop_without_environment(tmp_path, script, args, wanted):
    result = run_script(
        script,
        *args,
        PYTHON='/nonexistent',
        MMFERMTL_ENV=str(tmp_path / 'env'))
    assert_fails(result, 'PYTHON=/nonexistent cannot be run', wanted)
    assert not (tmp_path / 'env').exists()
