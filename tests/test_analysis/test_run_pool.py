"""Processes of a cross-validation, with commands that do not train."""
import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from mmfermtl.analysis.cross_validation import Outcome, RunKey, format_outcome
from mmfermtl.analysis.cross_validation.run_pool import RunPool
from mmfermtl.analysis.cross_validation.run_progress import RunProgress
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder

DONE = """
import json, os, sys
folder = os.path.join(sys.argv[1], 'seed_0', 'fold_' + sys.argv[2])
value = dict(config_sha256=64 * 'a', seed=0, fold=int(sys.argv[2]),
             nested=False, accuracy=50, seconds=61, num_parameters=1,
             epochs=dict(last=3, best_on_test=1), code={}, versions={},
             hardware={},
             env=dict(os.environ))
with open(os.path.join(folder, 'done.json'), 'w') as file:
    json.dump(value, file)
"""
SLEEP = 'import time; time.sleep(600)'


@pytest.fixture
def study(tmp_path):
    (tmp_path / 'cross_validation.json'
     ).write_text('{"config": "a.py", "config_sha256": "' + 64 * 'a' +
                  '", "num_folds": 4, "amp": false}')
    return StudyFolder(str(tmp_path))


def run(study, codes, jobs=1, gpus=(), keys=None):
    """Run fold ``k`` with the ``k``-th program; return failures and output."""
    keys = [RunKey(0, k) for k in range(len(codes))] if keys is None else keys
    stream = io.StringIO()
    progress = RunProgress(study, keys, [], 3, Console(file=stream))
    pool = RunPool(
        study, jobs, gpus, progress, lambda key: [
            sys.executable, '-S', '-c', codes[key.fold], study.path,
            str(key.fold)
        ])
    return pool.run(keys), stream.getvalue()


def test_a_failure_does_not_stop_the_others(study):
    failing = 'print("lost words"); raise ValueError("the reason")'
    killed = 'import os; os.kill(os.getpid(), 9)'
    failed, output = run(study, [failing, DONE, killed, 'pass'], jobs=2)
    found = {f.key.fold: f for f in failed}
    assert sorted(found) == [0, 2, 3]
    assert found[0].reason == 'exit code 1'
    assert found[0].lines[-1] == 'ValueError: the reason'
    assert found[2].reason == 'killed by SIGKILL'
    assert found[3].reason == 'ended without a result'
    assert '[1/4] seed 0, fold 1: test accuracy 50.00 %' in output
    assert '0:01:01' in output and 'FAILED seed 0, fold 2' in output
    text = format_outcome(Outcome(None, [f.key for f in failed], failed))
    assert 'FAILED RUNS: 3' in text and found[0].log in text
    assert '    ValueError: the reason' in text


def test_only_the_last_attempt_is_shown(study):
    run(study, ['raise ValueError("before")'])
    failed, _ = run(study, ['print("again"); raise SystemExit(2)'])
    assert failed[0].lines == ['again'] and failed[0].reason == 'exit code 2'


def test_gpus_and_threads_are_distributed(study, monkeypatch):
    for name in ('OMP_NUM_THREADS', 'MALLOC_MMAP_MAX_', 'GLIBC_TUNABLES'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        'mmfermtl.analysis.cross_validation.run_pool.available_cores',
        lambda: 9)
    run(study, [DONE] * 4, jobs=4, gpus=['5', '7'])
    found = [study.read_done(RunKey(0, k))['env'] for k in range(4)]
    assert [e['CUDA_VISIBLE_DEVICES'] for e in found] == ['5', '7', '5', '7']
    assert {e['OMP_NUM_THREADS'] for e in found} == {'2'}
    assert {e['MALLOC_MMAP_MAX_'] for e in found} == {'0'}
    assert {e['GLIBC_TUNABLES'] for e in found} == {'glibc.malloc.hugetlb=1'}


def test_settings_of_the_user_are_kept(study, monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    monkeypatch.setenv('MALLOC_MMAP_MAX_', '65536')
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    run(study, [DONE], jobs=1)
    env = study.read_done(RunKey(0, 0))['env']
    assert env['OMP_NUM_THREADS'] == '3'
    assert env['MALLOC_MMAP_MAX_'] == '65536'
    assert 'CUDA_VISIBLE_DEVICES' not in env


def test_an_interruption_kills_all_processes(study, monkeypatch):
    started = []
    real = subprocess.Popen

    def start(*args, **kwargs):
        started.append(real(*args, **kwargs))
        return started[-1]

    def interrupt(self, running):
        if len(running) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, 'Popen', start)
    monkeypatch.setattr(RunProgress, 'update', interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(study, [SLEEP] * 3, jobs=2)
    assert [p.poll() for p in started] == [-9, -9]


def test_a_run_ends_with_its_parent():
    """The system closes the pipe, however the parent ends."""
    code = ('from mmfermtl.analysis.cross_validation.single_run import '
            'follow_parent\nimport time\nfollow_parent()\n'
            'print("ready", flush=True)\ntime.sleep(600)')
    with subprocess.Popen([sys.executable, '-c', code],
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE,
                          start_new_session=True) as process:
        assert process.stdout.readline() == b'ready\n'
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(timeout=60) == -9


def test_time_left(study):
    now = [0.]
    stream = io.StringIO()
    folder = os.path.join(study.path, 'seed_0', 'fold_2', 'predictions')
    os.makedirs(folder)

    def reach(epoch):
        open(os.path.join(folder, f'epoch_{epoch:03d}.json'), 'w').close()

    reach(4)
    keys = [RunKey(0, fold) for fold in range(4)]
    progress = RunProgress(study, keys, keys[:1], 10, Console(file=stream),
                           lambda: now[0])
    # Epochs before this process are no speed.
    for now[0], epoch in ((100., 6), (200., 8)):
        reach(epoch)
        progress.update(keys[2:3])
    reach(10)
    now[0] = 300.
    progress.finish(keys[2],
                    dict(accuracy=97, epochs=dict(last=10), seconds=9))
    progress.fail(keys[3], 'exit code 1')
    assert stream.getvalue().splitlines() == [
        '1/4 runs: 16/40 epochs',
        '1/4 runs: 18/40 epochs, 0:18:20 left',
        '[2/4] seed 0, fold 2: test accuracy 97.00 % after 10 epochs, 0:00:09',
        '2/4 runs: 20/40 epochs, 0:16:40 left',
        'FAILED seed 0, fold 3: exit code 1',
    ]
    # A failed run has no epochs left.
    assert str(progress.bar) == '2/4 runs: 20/30 epochs'
