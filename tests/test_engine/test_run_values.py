"""Values with which a run cannot start or learn are refused by name."""
import os
import sys

import pytest
from mmengine.config import Config

from mmfermtl.apis import (UserError, load_config, run_test, run_training,
                           set_work_dir)
from mmfermtl.engine.config.run_values import check_run_values
from mmfermtl.engine.launch import parse_device

NAN, INF = float('nan'), float('inf')


@pytest.mark.parametrize('key, value', [
    ('train_cfg.max_epochs', 0),
    ('train_cfg.max_epochs', -1),
    ('train_cfg.max_epochs', 1.5),
    ('train_cfg.val_interval', -1),
    ('train_cfg.val_interval', 0),
    ('train_cfg.val_begin', 3),
    ('train_dataloader.batch_size', 0),
    ('val_dataloader.batch_size', True),
    ('train_dataloader.num_workers', -1),
    ('test_dataloader.num_workers', 'two'),
    ('optim_wrapper.optimizer.lr', INF),
    ('optim_wrapper.optimizer.lr', NAN),
    ('optim_wrapper.optimizer.lr', 0.),
    ('optim_wrapper.optimizer.lr', 'fast'),
    ('optim_wrapper.optimizer.weight_decay', -1e-2),
    ('optim_wrapper.optimizer.betas', (0.9, 1.)),
    ('optim_wrapper.accumulative_counts', 0),
    ('model.data_preprocessor.std', [127.5, 0]),
    ('model.data_preprocessor.mean', NAN),
    ('randomness.seed', 'seven'),
    ('randomness.seed', -1),
    ('log_level', 'LOUD'),
    ('work_dir', ''),
    ('work_dir', None),
])
def test_refused_before_training(toy_config, work_dir, key, value):
    cfg = load_config(toy_config)
    cfg.work_dir = work_dir
    cfg.merge_from_dict({key: value})
    with pytest.raises(UserError, match='expected|make it less') as info:
        run_training(cfg)
    name = '--work-dir' if key == 'work_dir' else key
    assert f'{name} is {value!r}' in str(info.value)
    assert os.listdir(work_dir) == []


@pytest.mark.parametrize('keys', [
    dict(max_epochs=1, val_begin=1),
    dict(max_iters=5, val_interval=2),
])
def test_what_is_right_passes(keys):
    check_run_values(
        Config(
            dict(
                train_cfg=keys,
                train_dataloader=dict(
                    batch_size=1,
                    num_workers=0,
                    # A dataset's own keys mean other things.
                    dataset=dict(batch_size=0, lr=-1)),
                optim_wrapper=dict(
                    network=dict(
                        accumulative_counts=2,
                        optimizer=dict(lr=1e-3, betas=(0., .9), eps=0.)),
                    clip_grad=dict(max_norm=INF)),
                model=dict(
                    data_preprocessor=dict(mean=None, std=(1, 2.5)), lr=0),
                randomness=dict(seed=None))))


def test_a_backend_whose_package_is_absent(toy_config, work_dir, monkeypatch):
    monkeypatch.setitem(sys.modules, 'wandb', None)
    cfg = load_config(toy_config)
    cfg.work_dir = work_dir
    cfg.visualizer = dict(
        type='Visualizer', vis_backends=[dict(type='WandbVisBackend')])
    with pytest.raises(UserError, match='a package is missing.*wandb.*remove'):
        run_training(cfg)


def test_an_empty_work_dir_is_refused_in_a_test_too(toy_config):
    cfg = load_config(toy_config)
    set_work_dir(cfg, '')
    with pytest.raises(UserError, match="--work-dir is ''"):
        run_test(cfg, 'a.pth')


@pytest.mark.parametrize('name', ['gpu', 'cuda:99', 'meta:x'])
def test_devices_that_are_not_there(name):
    with pytest.raises(UserError, match=f'--device {name}: .*expected cpu'):
        parse_device(name)
    assert parse_device('cpu').type == 'cpu'
