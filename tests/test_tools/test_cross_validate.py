"""The tools of cross-validation from the command line."""
import os
import os.path as osp
import runpy
import signal
import subprocess
import sys
import time

import pytest
from toy_folds import train_here, write_config
from toy_runs import forget_runs

from mmfermtl.analysis.cross_validation import RunKey, cross_validate
from mmfermtl.analysis.cross_validation.study_folder import StudyFolder
from mmfermtl.apis import load_config

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
TOOLS = osp.join(ROOT, 'tools')
#: Enough to be stopped before the end.
EPOCHS = 12


@pytest.fixture
def tool(monkeypatch, capsys):
    """Run a tool in this process; return its exit code and output."""

    def run(name, *args):
        forget_runs()
        path = osp.join(TOOLS, name)
        monkeypatch.setattr(sys, 'argv', [path, *map(str, args)])
        code = 0
        try:
            runpy.run_path(path, run_name='__main__')
        except SystemExit as error:
            code = error.code or 0
        out, err = capsys.readouterr()
        return code, out + err

    return run


def wait_for(path, process):
    """Wait for a file that a process writes."""
    while not osp.exists(path):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def test_killed_and_started_again(tmp_path, tool, monkeypatch):
    """The result equals that of an uninterrupted run, byte by byte."""
    config = write_config(tmp_path, max_epochs=EPOCHS, num_subjects=3)
    out, uninterrupted = str(tmp_path / 'out'), str(tmp_path / 'uninterrupted')
    paths = (ROOT, osp.join(ROOT, 'tests'), os.environ.get('PYTHONPATH', ''))
    for name, value in dict(
            PYTHONPATH=os.pathsep.join(p for p in paths if p),
            OMP_NUM_THREADS='1',
            CUDA_VISIBLE_DEVICES='').items():
        monkeypatch.setenv(name, value)
    args = (config, '--out', out, '--folds', '0,2', '--jobs', '2')
    parent = subprocess.Popen(
        [sys.executable,
         osp.join(TOOLS, 'cross_validate.py'), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True)
    runs = [osp.join(out, 'seed_0', f'fold_{k}') for k in (0, 2)]
    wait_for(osp.join(runs[0], 'predictions', 'epoch_002.json'), parent)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert not osp.exists(osp.join(runs[0], 'done.json'))

    code, text = tool('cross_validate.py', *args)
    assert code == 0 and '2 (NOT ALL) of 3 folds' in text
    log = read(osp.join(runs[0], 'run.log')).decode()
    assert 'resumed epoch: ' in log

    study = StudyFolder.open(uninterrupted, load_config(config), 3, False)
    train_here(study, [RunKey(0, 0), RunKey(0, 2)])
    cross_validate(
        load_config(config), uninterrupted, folds=[0, 2], train=False)
    for name in ('predictions.json', 'seed_0/fold_0/predictions/'
                 f'epoch_{EPOCHS:03d}.json'):
        assert read(osp.join(out, name)) == read(osp.join(uninterrupted, name))

    code, text = tool('compare_runs.py', out, uninterrupted, '--out',
                      tmp_path / 'c.md')
    assert code == 0 and '+0.00 .. +0.00' in text
    assert text.endswith(read(tmp_path / 'c.md').decode())


@pytest.mark.parametrize('args, words', [
    (['gone.py', '--out', 'o'], 'gone.py is not a file'),
    (['folds.py', '--out', 'o', '--folds', '1,3'], 'has the folds 0 to 2'),
    (['folds.py', '--out', 'o', '--seeds', 'x'], '--seeds x: expected whole'),
    (['folds.py', '--out', 'folds.py'], 'this is a file, expected a folder'),
    (['folds.py', '--out', 'o', '--fold', '1'], 'use --folds in place'),
    (['folds.py', '--out', 'o', '--fold-from-env', 'NO_SUCH'
      ], 'NO_SUCH is None, expected a fold'),
    (['folds.py', '--out', 'o', '--fold-from-env', 'TASK', '--folds', '1'
      ], 'excludes --folds'),
])
def test_user_errors_end_with_a_message(tool, tmp_path, monkeypatch, args,
                                        words):
    write_config(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, text = tool('cross_validate.py', *args)
    assert code == 2 and words in text
    assert not osp.exists('o')


def test_array_tasks_leave_the_results_to_a_later_call(tool, tmp_path,
                                                       monkeypatch):
    config = write_config(tmp_path)
    out = str(tmp_path / 'out')
    trained = []
    monkeypatch.setattr(
        'mmfermtl.analysis.cross_validation.run_pool.RunPool.run',
        lambda self, keys:
        (train_here(self.study, keys), trained.extend(keys), [])[-1])
    for task in (2, 0):
        monkeypatch.setenv('TASK', str(task))
        code, _ = tool('cross_validate.py', config, '--out', out,
                       '--fold-from-env', 'TASK')
        assert code == 0 and trained[-1] == RunKey(0, task)
        assert not osp.exists(osp.join(out, 'results.json'))
    code, text = tool('cross_validate.py', config, '--out', out, '--collect')
    assert code == 1 and 'NOT COMPLETE: 1 runs (seed 0, fold 1)' in text
    assert len(trained) == 2
    code, text = tool('cross_validate.py', config, '--out', out)
    assert code == 0 and trained[-1] == RunKey(0, 1)
    assert 'all 3 folds' in text


def test_slurm_jobs(tmp_path):
    """An array of runs, and a job that collects after it."""
    fake = tmp_path / 'bin' / 'sbatch'
    fake.parent.mkdir()
    fake.write_text('#!/usr/bin/env bash\n'
                    f'printf "%s\\n" "$@" >>{tmp_path}/calls\n'
                    'echo "42;cluster"\n')
    fake.chmod(0o755)
    done = subprocess.run([
        'bash',
        osp.join(TOOLS, 'slurm_cross_validate.sh'), 'part', '0-9%4', 'a b.py',
        str(tmp_path / 'out'), '--seeds', '0,1'
    ],
                          env=dict(
                              os.environ,
                              PATH=f'{fake.parent}:{os.environ["PATH"]}',
                              PYTHON='py',
                              GPUS='2',
                              SBATCH_ARGS='--time=1:00'),
                          capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / 'calls').read_text().splitlines()
    for word in ('--array=0-9%4', '--gres=gpu:2', '--partition=part',
                 '--dependency=afterany:42', '--time=1:00'):
        assert word in calls
    wraps = [line for line in calls if line.startswith('--wrap=')]
    assert wraps[0].endswith('--fold-from-env SLURM_ARRAY_TASK_ID')
    assert wraps[1].endswith('--folds 0-9 --collect')
    assert all('a\\ b.py' in line and '--seeds 0\\,1' in line
               for line in wraps)
