"""The command: subcommands, help, exit codes."""
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import pytest

from mmfermtl.cli import main as module
from mmfermtl.cli.main import SUBCOMMANDS, list_commands, main
from mmfermtl.utils.errors import UserError
from mmfermtl.version import __version__

ROOT = Path(__file__).resolve().parents[2]


def run(*words):
    return subprocess.run([sys.executable, '-m', 'mmfermtl.cli', *words],
                          cwd=ROOT,
                          capture_output=True,
                          text=True)


def test_the_console_script_is_the_command():
    setup = ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    scripts = setup['options.entry_points']['console_scripts'].split('=')
    name, target = (part.strip() for part in scripts)
    assert name == 'mmfermtl'
    package, function = target.split(':')
    assert getattr(import_module(package), function) is main


def test_help_lists_the_subcommands():
    result = run('--help')
    assert result.returncode == 0, result.stderr
    for name in list_commands():
        assert name in result.stdout
    assert {'predict', 'edit', 'webcam'} <= set(list_commands())
    assert set(list_commands()) <= set(SUBCOMMANDS)


@pytest.mark.parametrize('name', list_commands())
def test_subcommands_import_nothing_heavy_for_their_help(name):
    code = ('import sys\nfrom mmfermtl.cli.main import build_parser\n'
            f'build_parser([{name!r}])\n'
            'print(*{m.split(".")[0] for m in sys.modules})')
    result = subprocess.run([sys.executable, '-c', code],
                            cwd=ROOT,
                            capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stderr
    assert not {'torch', 'cv2', 'matplotlib', 'onnxruntime', 'av'} & set(
        result.stdout.split())


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(['--version'])
    assert end.value.code == 0 and __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    'words', [[], ['bogus'], ['predict'], ['predict', 'a', '--bogus']])
def test_wrong_use_is_code_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert 'usage: mmfermtl' in capsys.readouterr().err


@pytest.mark.parametrize('error, code', [
    (UserError('the fix'), 2),
    (PermissionError(13, 'Permission denied', 'a.csv'), 2),
    (ImportError('needs PyAV'), 1),
    (ImportError('libx.so.1: cannot open shared object file'), 1),
    (KeyboardInterrupt(), 130),
])
def test_errors_are_a_message_and_a_code(error, code, monkeypatch, capsys):

    class Failing:
        HELP = 'fail'

        @staticmethod
        def add_arguments(parser):
            pass

        @staticmethod
        def run(args):
            raise error

    monkeypatch.setattr(module, 'import_module', lambda name: Failing)
    try:
        found = main(['predict'])
    except SystemExit as end:
        found = end.code
    assert found == code
    message = capsys.readouterr().err
    assert message.strip() and 'Traceback' not in message
    assert ('mmfermtl doctor' in message) == ('.so' in str(error))


@pytest.mark.parametrize('words, message', [
    (['predict', 'webcam:0'], 'mmfermtl webcam webcam:0'),
    (['predict', 'gone.png'], 'gone.png: not found; check the path'),
    (['edit', 'webcam:0'], 'mmfermtl webcam webcam:0'),
    (['predict', 'gone.png', '--out', ''], "--out '': expected a path"),
])
def test_inputs_and_outputs_are_checked(words, message, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2 and message in capsys.readouterr().err


def test_bugs_keep_their_traceback(monkeypatch):
    monkeypatch.setattr(module, 'import_module',
                        lambda name: pytest.fail('not reached'))

    class Failing:
        HELP = 'fail'
        add_arguments = staticmethod(lambda parser: None)

        @staticmethod
        def run(args):
            import_module('mmfermtl.nothing')

    monkeypatch.setattr(module, 'import_module', lambda name: Failing)
    with pytest.raises(ModuleNotFoundError):
        main(['predict'])
