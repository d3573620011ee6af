"""MMCV is compiled once, kept, and what it lacks is named."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which('bash')
VERSION = '%d.%d' % sys.version_info[:2]
#: Stands in for the environment's interpreter: its pip writes down what it
#: was asked for, and makes what that would leave behind.
PIP = r'''
if [[ "$*" != "-m pip "* ]]; then exec "{python}" "$@"; fi
shift 2
echo "$*" >>"{calls}"
while (($#)); do
    case $1 in --dest | --wheel-dir) folder=$2 ;; esac
    last=$1
    shift
done
case $last in
mmcv==*)
    mkdir mmcv-source
    touch mmcv-source/setup.py
    tar -czf "$folder/mmcv-${{last#mmcv==}}.tar.gz" mmcv-source
    rm -r mmcv-source
    ;;
*/source)
    echo "{message}"
    env >"{calls}.env"
    [[ -z "{message}" ]] || exit 1
    mkdir -p "$folder"
    touch "$folder/mmcv-0-cp3-cp3-linux.whl"
    ;;
esac
'''

pytestmark = pytest.mark.skipif(BASH is None, reason='needs bash')


def stub(path: Path, body: str) -> Path:
    """Write a command which stands in for one of the system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!{BASH}\n{body}\n')
    path.chmod(0o755)
    return path


def run(command, folder: Path, **settings: str):
    """Run a command with no setting but these, and wheels in ``folder``."""
    foreign = {'PYTHON', 'CXX', 'FORCE_CUDA', 'MMFERMTL_ENV'}
    variables = {k: v for k, v in os.environ.items() if k not in foreign}
    variables.setdefault('MMFERMTL_WHEELS', str(folder / 'wheels'))
    variables.update(settings)
    return subprocess.run(
        command,
        env=variables,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True)


class Compilation:
    """The functions of tools/setup/openmmlab.sh, with pip stood in for.

    Args:
        folder (Path): An empty one.
        message (str): What the compilation says before it fails. It works
            if empty.
    """

    def __init__(self, folder: Path, message: str = '') -> None:
        self.folder = folder
        self.calls = folder / 'calls'
        self.python = folder / 'env' / 'bin' / 'python'
        self.break_with(message)
        stub(folder / 'bin' / 'g++', '')

    def break_with(self, message: str) -> None:
        body = PIP.format(
            python=sys.executable, calls=self.calls, message=message)
        stub(self.python, body)

    def run(self, function: str = 'compile_mmcv', **settings: str):
        script = (f'set -euo pipefail\nenv_dir={self.folder}/env\n'
                  f'env_python={self.python}\nlog={self.folder}/log\n'
                  'needed_gb=1\n'
                  'source tools/setup/common.sh\n'
                  'source tools/setup/openmmlab.sh\n'
                  'minor_version() { echo ' + VERSION + '; }\n' + function)
        settings.setdefault(
            'PATH', f'{self.folder / "bin"}{os.pathsep}{os.environ["PATH"]}')
        return run([BASH, '-c', script], self.folder, **settings)

    def called(self):
        """The commands pip got, a word each."""
        if not self.calls.exists():
            return []
        return [line.split()[0] for line in self.calls.open()]


def assert_fails(result, *messages: str):
    assert result.returncode == 1, result.stderr
    for message in messages:
        assert message in result.stderr


def test_compiled_once_and_kept(tmp_path):
    compilation = Compilation(tmp_path)
    for _ in range(2):
        result = compilation.run()
        assert result.returncode == 0, result.stderr
    assert compilation.called() == ['download', 'wheel']
    kept, = (tmp_path / 'wheels').iterdir()
    # Sources and objects are gone.
    assert {path.name
            for path in kept.iterdir()
            } == {'mmcv-0-cp3-cp3-linux.whl', 'build.log'}

    shutil.rmtree(tmp_path / 'env')
    compilation.break_with('')
    compilation.run('install_openmmlab')
    assert compilation.called() == ['download', 'wheel', 'install', 'install']
    installed = compilation.calls.read_text().splitlines()[2]
    assert installed.endswith(f'{kept.name}/mmcv-0-cp3-cp3-linux.whl')
    assert '--force-reinstall' in installed


def test_kept_by_what_it_was_compiled_for(tmp_path):
    compilation = Compilation(tmp_path)
    cpu = compilation.run(f'wheel_folder {sys.executable}').stdout
    for part in ('wheels/mmcv-2.1.0', 'torch-2.8.0', f'python-{VERSION}'):
        assert part in cpu
    cuda = compilation.run(
        f'wheel_folder {sys.executable}', FORCE_CUDA='1').stdout
    assert cpu.replace('_cpu', '_cuda') == cuda != cpu
    default = compilation.run(
        f'wheel_folder {sys.executable}',
        MMFERMTL_WHEELS='',
        XDG_CACHE_HOME='/cache').stdout
    assert default.startswith('/cache/mmfermtl/mmcv-2.1.0')


@pytest.mark.parametrize('force, hidden', [('0', True), ('1', False)])
def test_a_gpu_is_used_only_if_asked_for(tmp_path, force, hidden):
    compilation = Compilation(tmp_path)
    compilation.run(FORCE_CUDA=force, CUDA_VISIBLE_DEVICES='0')
    variables = (tmp_path / 'calls.env').read_text().splitlines()
    assert 'MMCV_WITH_OPS=1' in variables
    assert ('CUDA_VISIBLE_DEVICES=' in variables) == hidden


def test_goes_on_after_a_failure(tmp_path):
    compilation = Compilation(tmp_path, 'error: no such thing')
    assert_fails(compilation.run(), 'MMCV does not compile', 'build.log',
                 'error: no such thing')
    compilation.break_with('')
    assert compilation.run().returncode == 0
    # Nothing is downloaded again.
    assert compilation.called() == ['download', 'wheel', 'wheel']


@pytest.mark.parametrize('message, mend', [
    ('c++: fatal error: Killed signal terminated program cc1plus',
     'MAX_JOBS=1'),
    ('No space left on device', 'MMFERMTL_WHEELS=/other/disk'),
])
def test_failure_is_explained(tmp_path, message, hint):
    assert_fails(Compilation(tmp_path, message).run(), hint)


def test_broken_archive(tmp_path):
    compilation = Compilation(tmp_path)
    stub(tmp_path / 'bin' / 'tar', 'touch "$2"; exit 2')
    result = compilation.run()
    assert_fails(result, 'The archive of MMCV is broken')
    assert compilation.called() == ['download']


def test_pins_must_be_there(tmp_path):
    (tmp_path / 'pins.txt').write_text('# mmcv==1\nmmcv-lite==2.1.0\n')
    result = Compilation(tmp_path).run(f'pinned mmcv {tmp_path}/pins.txt')
    assert_fails(result, 'pins no mmcv')


def setup_env(tmp_path: Path, *args: str, **settings: str):
    settings.setdefault('MMFERMTL_ENV', str(tmp_path / 'env'))
    return run(
        [BASH, str(ROOT / 'tools' / 'setup_env.sh'), 'openmmlab', *args],
        tmp_path, **settings)


def python_of(folder: Path, version: str, refuse: str = 'never') -> str:
    """Make an interpreter which says that it is of this version.

    Args:
        folder (Path): Where.
        version (str): Such as ``'3.11'``.
        refuse (str): Code with this in it fails.
    """
    major, minor = version.split('.')
    code = ('import sys; sys.version_info = '
            f'({major}, {minor}, 0, "final", 0); exec(sys.argv.pop(1))')
    return str(
        stub(
            folder / 'python',
            f'if [[ $2 == *"{refuse}"* ]]; then exit 1; fi\n'
            'if [[ $1 != -c ]]; then exit 1; fi\n'
            f"exec '{sys.executable}' -c '{code}' \"${{@:2}}\""))


@pytest.mark.parametrize('version', ['3.10', '3.12'])
def test_other_python_is_refused(tmp_path, version):
    result = setup_env(tmp_path, PYTHON=python_of(tmp_path, version))
    assert_fails(result, 'is not Python 3.11', 'unset PYTHON')
    assert not (tmp_path / 'env').exists()


def test_no_compiler(tmp_path):
    python = python_of(tmp_path, '3.11')
    result = setup_env(tmp_path, 'tests', PYTHON=python, CXX='/nonexistent')
    assert_fails(result, 'No C++ compiler: /nonexistent', 'apt-get install')
    # Found before anything is downloaded.
    assert not (tmp_path / 'env').exists()


def test_no_header_files(tmp_path):
    python = python_of(tmp_path, '3.11', refuse='Python.h')
    result = setup_env(tmp_path, PYTHON=python, CXX='true')
    assert_fails(result, 'has no header files', 'python3.11-dev')
    assert not (tmp_path / 'env').exists()


def test_no_compiler_is_needed_with_a_kept_wheel(tmp_path):
    kept = tmp_path / 'wheels' / ('mmcv-2.1.0_torch-2.8.0_python-3.11_'
                                  f'{os.uname().machine}_cpu')
    kept.mkdir(parents=True)
    (kept / 'mmcv-2.1.0-cp311-cp311-linux_x86_64.whl').touch()
    python = python_of(tmp_path, '3.11')
    result = setup_env(
        tmp_path,
        PYTHON=python,
        CXX='/nonexistent',
        MMFERMTL_WHEELS=str(tmp_path / 'wheels'))
    # It gets further, to where the stand-in does not follow.
    assert result.returncode == 1
    assert 'C++' not in result.stderr


@pytest.mark.parametrize('args, other', [((), 'mmengine'),
                                         (('openmmlab', ), 'onedl_mmengine')])
def test_stacks_are_never_mixed(tmp_path, args, other):
    # An environment of either stack, whose interpreter is a stand-in.
    env_dir = tmp_path / 'env'
    packages = env_dir / 'lib' / 'python3.11' / 'site-packages'
    (packages / f'{other}-0.10.7.dist-info').mkdir(parents=True)
    stub(env_dir / 'bin' / 'python', 'exit 0')
    script = str(ROOT / 'tools' / 'setup_env.sh')
    result = run([BASH, script, *args], tmp_path, MMFERMTL_ENV=str(env_dir))
    assert_fails(result, 'holds the other stack', 'MMFERMTL_ENV=')
    assert result.stdout == ''


@pytest.mark.parametrize(
    'arguments',
    [['--stack'], ['--stack', 'torch'], ['--stack=mmcv', 'tests']])
def test_unknown_stack(tmp_path, arguments):
    script = str(ROOT / 'tools' / 'run_tests.sh')
    result = run([BASH, script, *arguments], tmp_path)
    assert_fails(result, '--stack takes onedl or openmmlab')


@pytest.mark.parametrize('arguments, named', [
    (['--stack', 'openmmlab', 'tests'], 'is not Python 3.11'),
    (['--stack=openmmlab'], 'is not Python 3.11'),
    (['--stack', 'onedl', 'tests'], 'is not Python 3.10 or newer'),
    (['tests'], 'is not Python 3.10 or newer'),
])
def test_stack_is_handed_on(tmp_path, arguments, named):
    script = str(ROOT / 'tools' / 'run_tests.sh')
    result = run([BASH, script, *arguments],
                 tmp_path,
                 PYTHON='/nonexistent',
                 MMFERMTL_ENV=str(tmp_path / 'env'))
    assert_fails(result, named)
