"""Ctrl-C and SIGTERM end a training with its workers; one works at a time."""
import os
import os.path as osp
import signal
import subprocess
import sys

import pytest
from test_tools.test_tools import TOOLS, environment

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

    def start(words='Saving checkpoint'):
        process = subprocess.Popen([
            sys.executable,
            osp.join(TOOLS, 'train.py'), toy_config, '--work-dir', 'run',
            '--allow-new-keys', '--cfg-options', *ENDLESS
        ],
                                   cwd=tmp_path,
                                   env=environment(),
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT,
                                   start_new_session=True,
                                   preexec_fn=take_signals,
                                   text=True)
        started.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if words in line:
                return process
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
    process = endless('Epoch(train)   [2]')
    workers = children(process.pid)
    assert len(workers) == 2
    send(process.pid, number)
    text = process.stdout.read()
    assert process.wait() == code
    assert not [w for w in workers if osp.exists(f'/proc/{w}')]
    assert words in text and 'Traceback' not in text, text
    assert 'the same command with --resume goes on from epoch_' in text
