"""Ctrl-C and SIGTERM end a training with its workers; one works at a time."""
import errno
import os
import os.path as osp
import signal
import socket
import subprocess
import sys

import pytest

from mmfermtl.apis import load_config, run_training
from mmfermtl.engine.work_dir import lock_work_dir
from mmfermtl.utils import file_lock
from mmfermtl.utils.file_lock import lock_folder
from mmfermtl.utils.stop_signals import end_on_signals

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
ENDLESS = ('train_cfg.max_epochs=1000000', 'train_dataloader.num_workers=2',
           'default_hooks.logger.interval=1',
           'default_hooks.checkpoint.max_keep_ckpts=1')


def children(pid):
    """Processes that a process has started."""
    found = []
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/stat', encoding='utf-8') as file:
                parent = file.read().rpartition(')')[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid:
            found.append(int(name))
    return found


def take_signals():
    """Undo that what a script runs in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def endless(toy_config, tmp_path):
    """Start a training without an end; return once it has trained a bit."""
    started = []

    def start():
        command = [
            sys.executable,
            osp.join(ROOT, 'tools', 'train.py'), toy_config, '--work-dir',
            'run', '--allow-new-keys', '--cfg-options', *ENDLESS
        ]
        variables = dict(
            os.environ,
            PYTHONPATH=os.pathsep.join((ROOT, osp.join(ROOT, 'tests'))),
            OMP_NUM_THREADS='1',
            CUDA_VISIBLE_DEVICES='')
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=take_signals,
            text=True)
        started.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line)
            # The first checkpoint has been saved before.
            if 'Epoch(val)' in line:
                return process
            assert len(lines) < 2000, ''.join(lines[-50:])
        raise AssertionError(''.join(lines))

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize('number, send, code, words', [
    (signal.SIGINT, os.killpg, 130, 'stopped by Ctrl-C'),
    (signal.SIGTERM, os.kill, 143, 'stopped by SIGTERM'),
    (signal.SIGTERM, os.killpg, 143, 'stopped by SIGTERM'),
])
def test_a_signal_ends_training_and_workers(endless, number, send, code,
                                            words):
    process = endless()
    workers = children(process.pid)
    assert len(workers) == 2
    send(process.pid, number)
    text = process.stdout.read()
    assert process.wait() == code
    assert not [w for w in workers if osp.exists(f'/proc/{w}')]
    assert words in text and 'Traceback' not in text, text
    assert 'the same command with --resume continues from epoch_' in text


def test_a_worker_that_ends_in_the_same_moment(monkeypatch):
    complaints = []
    monkeypatch.setattr(sys, 'unraisablehook', complaints.append)
    both = {signal.SIGINT, signal.SIGCHLD}
    before = {
        signal.SIGINT:
        signal.signal(signal.SIGINT, signal.default_int_handler),
        # As PyTorch's loaders, whose handler raises an error.
        signal.SIGCHLD:
        signal.signal(signal.SIGCHLD, lambda number, frame: 1 / 0)
    }
    try:
        with pytest.raises(SystemExit) as info, end_on_signals():
            signal.pthread_sigmask(signal.SIG_BLOCK, both)
            for number in both:
                signal.raise_signal(number)
            # Python finds both, the lower number first.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, both)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert info.value.code == 130 and complaints == []


def test_one_training_a_work_dir(endless, toy_config, tmp_path):
    cfg = load_config(toy_config)
    cfg.work_dir = str(tmp_path / 'run')
    process = endless()
    with pytest.raises(ValueError) as info:
        run_training(cfg)
    words = f'process {process.pid} on {socket.gethostname()} is training'
    assert words in str(info.value) and '--work-dir' in str(info.value)
    # The lock of a killed run is gone with it, also while its workers live.
    process.kill()
    process.wait()
    assert run_training(cfg).iter == 6


def test_an_ended_block_and_the_same_process(tmp_path):
    with lock_work_dir(str(tmp_path)):
        with lock_work_dir(str(tmp_path)):
            pass
        with pytest.raises(ValueError, match=f'{os.getpid()} is at it'):
            with lock_folder(str(tmp_path), 'at it', 'wait'):
                pass
    with lock_folder(str(tmp_path), 'at it', 'wait'):
        pass


@pytest.mark.parametrize('rank, locks', [('0', True), ('1', False)])
def test_the_first_of_several_processes_locks(tmp_path, monkeypatch, rank,
                                              locks):
    monkeypatch.setenv('RANK', rank)
    with lock_work_dir(str(tmp_path), 'pytorch'):
        assert (tmp_path / '.lock').exists() is locks


def test_a_file_system_without_locks(tmp_path, monkeypatch):

    def refuse(file, how):
        raise OSError(errno.ENOLCK, 'No locks available')

    monkeypatch.setattr(file_lock.fcntl, 'lockf', refuse)
    with lock_work_dir(str(tmp_path)):
        pass


@pytest.mark.parametrize('port', ['taken', 'abc', '99999'])
@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh'])
def test_a_port_that_cannot_be_used(tmp_path, script, port):
    bins = osp.dirname(sys.executable) + os.pathsep + os.environ['PATH']
    with socket.create_server(('', 0)) as server:
        port = str(server.getsockname()[1]) if port == 'taken' else port
        result = subprocess.run(
            ['bash', osp.join(ROOT, 'tools', script), 'a.py', '1', '1'],
            cwd=tmp_path,
            env=dict(os.environ, PATH=bins, PORT=port),
            capture_output=True,
            text=True)
    assert result.returncode == 2 and result.stdout == ''
    assert f'port {port} cannot be used' in result.stderr
    assert 'PORT=' in result.stderr and '--resume' not in result.stderr


def test_a_lock_that_is_a_link(tmp_path):
    (tmp_path / 'keep').write_text('mine')
    (tmp_path / 'run').mkdir()
    os.symlink(tmp_path / 'keep', tmp_path / 'run' / '.lock')
    with pytest.raises(ValueError, match='found a link, expected the lock'):
        with lock_folder(str(tmp_path / 'run'), 'at it', 'wait'):
            pass
    assert (tmp_path / 'keep').read_text() == 'mine'
