import json
import os
import os.path as osp

import pytest
from toy_runs import forget_runs

from mmfermtl.apis import (UserError, load_config, run_test, run_training,
                           set_work_dir)


def config(path, work_dir, fold=None, **options):
    forget_runs()
    cfg = load_config(path, options, True, fold=fold)
    set_work_dir(cfg, work_dir)
    return cfg


def test_without_validation(toy_config, work_dir):
    cfg = config(toy_config, work_dir)
    runner = run_training(cfg, validate=False)
    assert runner.val_loop is None
    with open(osp.join(work_dir, 'summary.json'), encoding='utf-8') as file:
        summary = json.load(file)
    assert summary['accuracy_last'] is None
    assert summary['num_test'] is None


def test_amp_trains(toy_config, work_dir):
    runner = run_training(config(toy_config, work_dir), amp=True)
    assert type(runner.optim_wrapper).__name__ == 'AutocastOptimWrapper'


def test_auto_scale_lr(toy_config, work_dir):
    with pytest.raises(UserError, match='base_batch_size'):
        run_training(config(toy_config, work_dir), auto_scale_lr=True)
    cfg = config(toy_config, work_dir,
                 **{'auto_scale_lr': dict(base_batch_size=8)})
    runner = run_training(cfg, auto_scale_lr=True)
    with open(osp.join(work_dir, 'history.json'), encoding='utf-8') as file:
        assert json.load(file)[0]['lr'] == {'lr': 0.05}
    assert runner.epoch == 2


def test_workers(toy_config, work_dir):
    cfg = config(
        toy_config, work_dir, **{
            'train_dataloader.num_workers': 1,
            'train_cfg.max_epochs': 1
        })
    assert run_training(cfg).train_dataloader.persistent_workers


def test_configs_that_lack_a_part(toy_config, work_dir):
    cfg = config(toy_config, work_dir, optim_wrapper=None)
    with pytest.raises(UserError, match='cannot be trained'):
        run_training(cfg)
    cfg = config(toy_config, work_dir, test_evaluator=None)
    with pytest.raises(UserError, match='it lacks test_evaluator'):
        run_test(cfg, 'a.pth')


def test_initial_weights_are_loaded_safely(toy_config, work_dir, tmp_path):
    run_training(config(toy_config, str(tmp_path / 'first')))
    weights = str(tmp_path / 'first' / 'epoch_2.pth')
    runner = run_training(config(toy_config, work_dir, load_from=weights))
    assert runner.iter == 6
    os.truncate(weights, 100)
    with pytest.raises(ValueError, match='epoch_2.pth is damaged'):
        run_training(config(toy_config, work_dir, load_from=weights))


def test_test_repeats_the_last_validation(toy_config, work_dir, tmp_path):
    run_training(config(toy_config, work_dir))
    checkpoint = osp.join(work_dir, 'epoch_2.pth')
    out = tmp_path / 'predictions.pkl'
    target = str(tmp_path / 'tested')
    metrics = run_test(config(toy_config, target), checkpoint, out=str(out))
    with open(osp.join(work_dir, 'summary.json'), encoding='utf-8') as file:
        assert metrics == json.load(file)['metrics_last']
    with open(osp.join(target, 'test_metrics.json'), encoding='utf-8') as file:
        written = json.load(file)
    assert written['metrics'] == metrics
    assert (written['epoch'], written['fold']) == (2, 0)
    assert out.stat().st_size > 0
    assert not osp.exists(osp.join(target, 'history.json'))


def test_test_refuses_a_misfit_and_an_odd_name(toy_config, work_dir):
    run_training(config(toy_config, work_dir))
    checkpoint = osp.join(work_dir, 'epoch_2.pth')
    with pytest.raises(UserError, match='ends in .pkl'):
        run_test(config(toy_config, work_dir), checkpoint, out='a.txt')
    cfg = config(toy_config, work_dir, **{'model.width': 3})
    with pytest.raises(ValueError, match="trained with config 'toy'"):
        run_test(cfg, checkpoint)


def test_test_on_another_fold_is_refused(toy_config, work_dir, capsys):
    run_training(config(toy_config, work_dir))
    checkpoint = osp.join(work_dir, 'epoch_2.pth')

    def other_fold():
        forget_runs()
        cfg = load_config(toy_config, fold=2)
        set_work_dir(cfg, work_dir)
        return cfg

    with pytest.raises(ValueError, match='fold: 0 there, 2 here'):
        run_test(other_fold(), checkpoint)
    run_test(other_fold(), checkpoint, allow_leak=True)
    out = capsys.readouterr()
    assert 'as --allow-leak asks' in out.out + out.err


def test_a_rate_that_is_too_high_is_an_error(toy_config, work_dir):
    cfg = config(toy_config, work_dir, **{'optim_wrapper.optimizer.lr': 1e30})
    with pytest.raises(ValueError, match=r'diverged.*\(now lr = 1e\+30\)'):
        run_training(cfg)
    assert not osp.exists(osp.join(work_dir, 'summary.json'))


def test_a_work_dir_that_cannot_be_made(toy_config, tmp_path):
    (tmp_path / 'file').touch()
    for run in (run_training, lambda cfg: run_test(cfg, weights)):
        weights = str(tmp_path / 'first' / 'epoch_2.pth')
        if not osp.exists(weights):
            run_training(config(toy_config, str(tmp_path / 'first')))
        with pytest.raises(OSError) as info:
            run(config(toy_config, str(tmp_path / 'file' / 'run')))
        assert info.value.filename and info.value.strerror


def test_predictions_that_cannot_be_written_are_refused_first(
        toy_config, work_dir, tmp_path):
    (tmp_path / 'dir.pkl').mkdir()
    (tmp_path / 'file').touch()
    for out, words in ((tmp_path / 'dir.pkl', 'this is a folder'),
                       (tmp_path / 'file' / 'a.pkl', 'this is a file')):
        with pytest.raises(UserError, match=words):
            run_test(config(toy_config, work_dir), 'a.pth', out=str(out))
