import os
import os.path as osp

import numpy as np
import pytest
from mmengine.hooks import Hook
from toy_runs import build_runner, read_json

ACCURACY, F1 = 'accuracy/top1', 'macro/f1'


class LossRecorder(Hook):
    """Keep every loss of every epoch."""

    def __init__(self):
        self.epochs = []

    def before_train_epoch(self, runner):
        self.epochs.append([])

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.epochs[-1].append(outputs['loss_fer'].item())


def test_one_row_per_epoch(toy_config, work_dir):
    recorder = LossRecorder()
    build_runner(toy_config, work_dir, hooks=[recorder]).train()
    rows = read_json(work_dir, 'history.json')
    assert [row['epoch'] for row in rows] == [1, 2]
    # The rate of the epoch itself, not that after the scheduler's step.
    assert [row['lr'] for row in rows] == [{'lr': 0.1}, {'lr': 0.05}]
    for row, losses in zip(rows, recorder.epochs):
        assert row['train']['loss_fer'] == pytest.approx(
            np.mean(losses), rel=1e-5)
        assert row['val'][ACCURACY] == row['val'][F1]
        assert row['val']['confusion'] == [[1., 0.], [0., 1.]]
    assert 0 < rows[0]['seconds'] < rows[1]['seconds']


def test_summary_has_all_facts(toy_config, work_dir):
    grids = osp.join(work_dir, 'synthesis')
    os.makedirs(grids)
    for second, name in enumerate(('b.png', 'a.png', 'c.txt')):
        path = osp.join(grids, name)
        open(path, 'w').close()
        os.utime(path, (second, second))
    runner = build_runner(toy_config, work_dir)
    runner.train()
    rows = read_json(work_dir, 'history.json')
    summary = read_json(work_dir, 'summary.json')
    assert summary['accuracy_last'] == rows[-1]['val'][ACCURACY]
    assert summary['accuracy_best_on_test'] == max(row['val'][ACCURACY]
                                                   for row in rows)
    assert summary['macro_f1_last'] == rows[-1]['val'][F1]
    assert summary['metrics_last'] == rows[-1]['val']
    assert summary['seconds'] == rows[-1]['seconds']
    assert summary['peak_memory_mb'] > 10
    expected = dict(
        epochs=2,
        seed=3,
        fold=0,
        num_train=10,
        num_test=10,
        num_parameters=4 * 4 + 4 + 2 * 4 + 2,
        checkpoint='epoch_2.pth',
        learning_curves='learning_curves.png',
        synthesis_grid=osp.join('synthesis', 'a.png'),
        device='cpu')
    assert {k: summary[k] for k in expected} == expected
    assert set(summary['versions']) == {'torch', 'mmengine', 'mmfermtl'}
    for name in ('checkpoint', 'learning_curves'):
        assert osp.getsize(osp.join(work_dir, summary[name])) > 0
    log = [n for n in os.listdir(runner.log_dir) if n.endswith('.log')][0]
    with open(osp.join(runner.log_dir, log), encoding='utf-8') as file:
        text = file.read()
    assert "The reported accuracy is the last epoch's" in text
    assert 'selected on the test fold' in text


def test_missing_metrics_are_none(toy_config, work_dir):
    build_runner(
        toy_config, work_dir, **{
            'default_hooks.summary.accuracy_key': 'nowhere',
            'default_hooks.summary.f1_key': 'either'
        }).train()
    summary = read_json(work_dir, 'summary.json')
    for name in ('accuracy_last', 'accuracy_best_on_test', 'macro_f1_last'):
        assert summary[name] is None
    assert summary['metrics_last'][ACCURACY] > 0


def test_last_epoch_without_validation_has_no_accuracy(toy_config, work_dir):
    # EarlyStoppingHook and the like end a run before a validation is due.
    runner = build_runner(
        toy_config, work_dir, **{
            'train_cfg.max_epochs': 5,
            'train_cfg.val_interval': 2
        })

    class Stop(Hook):

        def after_train_epoch(self, runner):
            runner.train_loop.stop_training = runner.epoch == 2

    runner.register_hook(Stop())
    runner.train()
    summary = read_json(work_dir, 'summary.json')
    assert summary['epochs'] == 3
    assert summary['accuracy_last'] is None
    assert summary['metrics_last'] == {}
    assert summary['accuracy_best_on_test'] > 0


def test_several_optimizers_and_ema(toy_config, work_dir):
    child = dict(optimizer=dict(type='SGD', lr=0.1))
    runner = build_runner(
        toy_config,
        work_dir,
        optim_wrapper=dict(
            _delete_=True,
            constructor='ToyPairConstructor',
            body=child,
            head=dict(optimizer=dict(type='SGD', lr=0.2))),
        param_scheduler=None,
        custom_hooks=[dict(type='EMAHook')],
        model=dict(type='ToyPair'))
    runner.train()
    rows = read_json(work_dir, 'history.json')
    assert rows[-1]['lr'] == {'body.lr': 0.1, 'head.lr': 0.2}
    assert rows[-1]['train']['loss'] > 0
    # The averaged model is not counted.
    assert read_json(work_dir, 'summary.json')['num_parameters'] == 30


def test_iteration_based_runs_get_no_summary(toy_config, work_dir):
    runner = build_runner(
        toy_config,
        work_dir,
        train_cfg=dict(_delete_=True, by_epoch=False, max_iters=3))
    runner.train()
    assert runner.iter == 3
    assert not osp.exists(osp.join(work_dir, 'history.json'))
    assert not osp.exists(osp.join(work_dir, 'summary.json'))


def test_test_run_leaves_the_files_alone(toy_config, work_dir):
    runner = build_runner(toy_config, work_dir)
    runner.test()
    runner.val()
    assert not osp.exists(osp.join(work_dir, 'history.json'))
