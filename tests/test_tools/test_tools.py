"""The tools from the command line."""
import argparse
import json
import os
import os.path as osp
import pickle
import runpy
import subprocess
import sys
from glob import glob

import pytest
from toy_runs import forget_runs, free_port

from mmfermtl.analysis.speed.step_speed import VARIANTS
from mmfermtl.datasets.subjects.subject_names import SPELLINGS
from mmfermtl.generation.generation_plan import RULES
from mmfermtl.preparation.prepare_dataset import DATASET_CLASSES

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
TOOLS = osp.join(ROOT, 'tools')


def environment():
    """The variables of a tool's process, which finds the toy parts."""
    paths = [ROOT, osp.join(ROOT, 'tests'), os.environ.get('PYTHONPATH', '')]
    bins = osp.dirname(sys.executable) + os.pathsep + os.environ['PATH']
    return dict(
        os.environ,
        PYTHONPATH=os.pathsep.join(p for p in paths if p),
        PATH=bins,
        OMP_NUM_THREADS='1',
        CUDA_VISIBLE_DEVICES='')


def start(cwd, *command, **variables):
    """Start a command in a process of its own."""
    return subprocess.run([str(c) for c in command],
                          cwd=cwd,
                          env=dict(environment(), **variables),
                          capture_output=True,
                          text=True,
                          timeout=500)


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Run a tool in this process, which saves the time of the imports."""

    def run(name, *args):
        forget_runs()
        path = osp.join(TOOLS, name)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv('LOCAL_RANK', '0')
        monkeypatch.setattr(sys, 'argv', [path, *map(str, args)])
        runpy.run_path(path, run_name='__main__')

    return run


#: Prints which of the slow modules the help of tools imports.
HELP = """
import runpy, sys
for path in sys.argv[1:]:
    sys.argv = [path, '--help']
    try:
        runpy.run_path(path, run_name='__main__')
    except SystemExit as end:
        assert end.code == 0
slow = ('torch', 'cv2', 'mmcv', 'matplotlib', 'scipy', 'skimage')
print('imported:', [name for name in slow if name in sys.modules])
"""


def test_help_does_not_import_what_is_slow():
    tools = sorted(glob(osp.join(TOOLS, '*.py')))
    assert len(tools) > 10
    done = start(ROOT, sys.executable, '-c', HELP, *tools)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('usage: ') == len(tools)
    assert done.stdout.splitlines()[-1] == 'imported: []'


def test_choices_of_the_command_lines_are_those_of_the_package():
    parsers = []

    class Stop(Exception):
        pass

    def parse_args(parser, *args):
        parsers.append(parser)
        raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, 'parse_args', parse_args)
        for name in ('prepare_dataset', 'synthesize', 'benchmark'):
            with pytest.raises(Stop):
                runpy.run_path(osp.join(TOOLS, f'{name}.py'))['parse_args']()
    prepare, generate, benchmark = ({
        action.dest: action.choices
        for action in parser._actions
    } for parser in parsers)
    assert list(prepare['dataset']) == list(DATASET_CLASSES)
    assert prepare['spellings'] == SPELLINGS
    assert generate['balance'] == RULES
    assert benchmark['variants'] == VARIANTS


def read(*parts):
    with open(osp.join(*map(str, parts)), encoding='utf-8') as file:
        return json.load(file)


def test_train_resume_and_test(tool, toy_config, tmp_path, capsys):
    args = ('--fold', 2, '--seed', 9, '--data-root', '/data/x')
    tool('train.py', toy_config, *args)
    work_dir = tmp_path / 'work_dirs' / 'toy'
    summary = read(work_dir, 'summary.json')
    assert (summary['fold'], summary['seed']) == (2, 9)
    tool('train.py', toy_config, '--resume', *args, '--cfg-options',
         'train_cfg.max_epochs=3')
    assert 'max_epochs was 2 and is now 3' in capsys.readouterr().out
    rows = read(work_dir, 'history.json')
    assert [row['epoch'] for row in rows] == [1, 2, 3]

    tool('test.py', toy_config, work_dir / 'epoch_3.pth', '--out', 'pred.pkl',
         '--work-dir', 'tested', *args)
    metrics = read(tmp_path, 'tested', 'test_metrics.json')['metrics']
    assert metrics == rows[-1]['val']
    assert 'accuracy/top1' in capsys.readouterr().out
    with open(tmp_path / 'pred.pkl', 'rb') as file:
        assert len(pickle.load(file)) == 10


def test_print_config(tool, toy_config, capsys):
    tool('print_config.py', toy_config, '--fold', 3, '--cfg-options',
         'model.width=8')
    shown = {}
    exec(capsys.readouterr().out, shown)
    assert shown['model']['width'] == 8
    assert shown['train_dataloader']['dataset']['dataset']['fold'] == 3


@pytest.mark.parametrize('name, args, words', [
    ('train.py', ['gone.py'], 'gone.py is not a file'),
    ('train.py', ['toy.py', '--resume'], 'no usable checkpoint'),
    ('train.py', ['toy.py', '--cfg-options', 'train_cfg.max_epoch=1'
                  ], 'train_cfg.max_epochs'),
    ('train.py', ['toy.py', '--cfg-options', "custom_hooks=[dict(type='X')]"
                  ], 'custom_hooks.0.type'),
    ('print_config.py', ['toy.py', '--fold', '7'], 'expected 0 to 4'),
    ('test.py', ['toy.py', 'gone.pth'], 'gone.pth is not a file'),
    ('test.py', ['toy.py', 'toy.py'], 'toy.py is damaged or is no checkpoint'),
])
def test_mistakes_end_with_one_message(tool, toy_config, capsys, name, args,
                                       words):
    with pytest.raises(SystemExit) as info:
        tool(name, *args)
    assert info.value.code == 2
    message = capsys.readouterr().err.strip()
    assert message.startswith('error: ') and '\n' not in message
    assert words in message


def test_bugs_keep_their_traceback(tool, toy_config):
    with pytest.raises(RuntimeError, match='negative dimension'):
        tool('train.py', toy_config, '--cfg-options', 'model.width=-1')


def test_exit_code_of_a_process(toy_config, tmp_path):
    result = start(tmp_path, sys.executable, osp.join(TOOLS, 'train.py'),
                   'gone.py')
    assert result.returncode == 2
    assert 'gone.py is not a file' in result.stderr
    assert 'Traceback' not in result.stderr


def test_two_processes_without_gpu(toy_config, tmp_path):
    train = osp.join(TOOLS, 'dist_train.sh')
    result = start(
        tmp_path,
        'bash',
        train,
        toy_config,
        2,
        '--work-dir',
        'two',
        PORT=free_port())
    assert result.returncode == 0, result.stderr[-3000:]
    assert len(read(tmp_path, 'two', 'history.json')) == 2
    result = start(
        tmp_path,
        'bash',
        osp.join(TOOLS, 'dist_test.sh'),
        toy_config,
        osp.join('two', 'epoch_2.pth'),
        2,
        '--work-dir',
        'tested',
        PORT=free_port())
    assert result.returncode == 0, result.stderr[-3000:]
    summary = read(tmp_path, 'two', 'summary.json')
    tested = read(tmp_path, 'tested', 'test_metrics.json')
    assert tested['metrics'] == summary['metrics_last']


@pytest.mark.parametrize('name, wanted', [
    ('slurm_train.sh',
     'train.py a b.py --work-dir out --launcher slurm --fold 3'),
    ('slurm_test.sh', 'test.py a b.py out --launcher slurm --fold 3'),
])
def test_slurm_scripts(tmp_path, name, wanted):
    fake = tmp_path / 'bin' / 'srun'
    fake.parent.mkdir()
    fake.write_text(f'#!/usr/bin/env bash\necho "$@" >{tmp_path}/call\n')
    fake.chmod(0o755)
    result = start(
        tmp_path,
        'bash',
        osp.join(TOOLS, name),
        'part',
        'job',
        'a b.py',
        'out',
        '--fold',
        3,
        PATH=f'{fake.parent}:{os.environ["PATH"]}',
        GPUS='16',
        SRUN_ARGS='--time=1:00')
    assert result.returncode == 0, result.stderr
    call = (tmp_path / 'call').read_text()
    assert call.strip().endswith(wanted)
    for word in ('-p part', '--job-name=job', '--gres=gpu:8', '--ntasks=16',
                 '--ntasks-per-node=8', '--time=1:00'):
        assert word in call


@pytest.mark.parametrize(
    'name',
    ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh'])
def test_scripts_print_their_usage(tmp_path, name):
    result = start(tmp_path, 'bash', osp.join(TOOLS, name), 'toy.py')
    assert result.returncode == 2
    assert result.stderr.startswith('usage: ')
