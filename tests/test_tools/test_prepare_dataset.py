"""tools/prepare_dataset.py as a user starts, stops and kills it."""
import os
import os.path as osp
import random
import runpy
import signal
import subprocess
import sys
import time

import pytest
from rendered_frames import tree_bytes, write_ckplus

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
SEQUENCES = [(f'S{10 + n // 3:03d}', f'{1 + n % 3:03d}', 1 + n % 7)
             for n in range(60)]


@pytest.fixture(scope='module')
def raw(tmp_path_factory):
    root = str(tmp_path_factory.mktemp('ckplus') / 'raw')
    return write_ckplus(root, SEQUENCES, num_frames=6)


def command(*args):
    return [
        sys.executable,
        osp.join(ROOT, 'tools', 'prepare_dataset.py'), *map(str, args)
    ]


def environment():
    return dict(
        os.environ,
        PYTHONPATH=ROOT,
        OMP_NUM_THREADS='1',
        MMFERMTL_FACE_MODEL='/no/model')


@pytest.fixture
def run(monkeypatch):
    """Run the tool in this process, which saves the time of the imports."""

    def in_this_process(*args):
        argv = command(*args)[1:]
        monkeypatch.setattr(sys, 'argv', argv)
        monkeypatch.setenv('MMFERMTL_FACE_MODEL', '/no/model')
        try:
            runpy.run_path(argv[0], run_name='__main__')
        except SystemExit as end:
            return end.code
        return 0

    return in_this_process


def finished(out):
    folder = osp.join(out, '.preparing', 'sequences')
    return len(os.listdir(folder)) if osp.isdir(folder) else 0


def take_ctrl_c():
    """Undo that what a script runs in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start_until(number, *args):
    """Start the tool and return once that many sequences are finished."""
    process = subprocess.Popen(
        command(*args),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=take_ctrl_c,
        text=True)
    while process.poll() is None and finished(args[2]) < number:
        time.sleep(0.001)  # polls, waits for nothing longer
    assert process.poll() is None, process.stderr.read()
    return process


def test_killed_and_started_again(raw, run, tmp_path, capsys):
    assert run('ckplus', raw, tmp_path / 'whole', '--jobs', 1) == 0
    text = capsys.readouterr().out
    assert '60 sequences of 20 subjects, 240 crops' in text
    out = tmp_path / 'out'
    moment = random.Random(4).randint(5, 50)
    process = start_until(moment, 'ckplus', raw, out, '--jobs', 2)
    process.kill()
    process.communicate()
    assert not (out / 'index.json').exists()
    assert run('ckplus', raw, out, '--jobs', 1) == 0
    assert tree_bytes(out) == tree_bytes(tmp_path / 'whole')


def test_ctrl_c(raw, run, tmp_path, capsys):
    out = tmp_path / 'out'
    process = start_until(3, 'ckplus', raw, out, '--jobs', 2)
    # A terminal sends it to all processes.
    os.killpg(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert 'stopped by Ctrl-C; run the same command again to go on' in errors
    assert 'Traceback' not in errors
    done = finished(out)
    assert 3 <= done < 60
    assert run('ckplus', raw, out, '--jobs', 1) == 0
    errors = capsys.readouterr().err
    assert f'checking: {4 * done}/{4 * done} images' in errors
    assert f'preparing: {240 - 4 * done}/{240 - 4 * done} images' in errors
    assert run('ckplus', raw, out, '--verify') == 0
    assert 'all 240 crops are unchanged' in capsys.readouterr().out


@pytest.mark.parametrize('args, message', [
    (['--size', 5], 'error: size=5; give 8 to 4096 pixels'),
    (['--frames', 'best:2'], 'error: --frames best:2: give all, first:N'),
    (['--views', 0], 'error: --views is an option of mmi, not of ckplus'),
    (['--align', 'detector'], 'error: no face detector at hand: No face '
     'detector at /no/model'),
    (['--verify'], 'found no index.json, expected a prepared tree'),
])
def test_mistakes_end_with_code_2(raw, run, tmp_path, capsys, args, message):
    assert run('ckplus', raw, tmp_path / 'out', *args) == 2
    errors = capsys.readouterr().err
    assert errors.startswith('error: ') and message in errors


def test_a_folder_that_must_not_be_written(raw, run, capsys):
    """Root may write anywhere, but not into /proc."""
    assert run('ckplus', raw, '/proc/prepared') == 2
    assert '/proc/prepared: cannot be written' in capsys.readouterr().err


def test_strict(run, tmp_path, capsys):
    raw = write_ckplus(str(tmp_path / 'raw'), SEQUENCES[:2])
    next((tmp_path / 'raw').rglob('S010_001_*5.png')).write_bytes(b'')
    assert run('ckplus', raw, tmp_path / 'out', '--strict', '--jobs', 1) == 2
    errors = capsys.readouterr().err
    assert '1 frames without a crop in 1 sequences' in errors
    assert 'found 0 bytes' in (tmp_path / 'out' / 'report.md').read_text()
    assert len(list((tmp_path / 'out').rglob('S*.png'))) == 7
