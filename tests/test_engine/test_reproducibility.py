"""Same seed, same weights; a resumed run equals an unbroken one."""
from typing import Dict

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from narrow import load_leaf, narrow_model


class Killed(Exception):
    pass


class KillHook(Hook):
    """Stop the run in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def after_train_iter(self,
                         runner,
                         batch_idx,
                         data_batch=None,
                         outputs=None):
        if runner.epoch == self.epoch and batch_idx == 1:
            raise Killed


def config(work_dir: str, adversarial: bool, **options):
    cfg = load_leaf('fermtl_synthetic.py')
    narrow_model(cfg)
    assert cfg.model.network.head.dropout == 0.5
    cfg.work_dir = work_dir
    cfg.train_cfg.max_epochs = 3
    cfg.train_cfg.val_interval = 5
    cfg.train_dataloader.batch_size = 4
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.num_subjects = 10
        loader.dataset.indices = 14
    if not adversarial:
        plain = load_leaf('fer_synthetic.py')
        cfg.model.type = plain.model.type
        for key in ('discriminator', 'discriminator_steps', 'loss_adv'):
            cfg.model.pop(key)
        cfg.optim_wrapper = plain.optim_wrapper
        cfg.param_scheduler = plain.param_scheduler
        cfg.model.loss_cyc = dict(type='mmfermtl.PixelLoss', norm='mse')
    cfg.merge_from_dict(options)
    return cfg


def train(cfg,
          kill: int = None,
          resume: bool = False) -> Dict[str, torch.Tensor]:
    cfg.resume = resume
    runner = Runner.from_cfg(cfg)
    if kill is not None:
        runner.register_hook(KillHook(kill))
        with pytest.raises(Killed):
            runner.train()
    else:
        runner.train()
    return {k: v.clone() for k, v in runner.model.state_dict().items()}


def differing(a: dict, b: dict) -> list:
    assert a.keys() == b.keys()
    return [k for k in a if not torch.equal(a[k], b[k])]


@pytest.mark.parametrize('adversarial', [False, True])
def test_two_runs_and_a_resumed_one_are_bit_identical(tmp_path, adversarial):
    """In one thread, float32, on this machine."""
    first = train(config(str(tmp_path / 'a'), adversarial))
    second = train(config(str(tmp_path / 'b'), adversarial))
    assert differing(first, second) == []
    broken = config(str(tmp_path / 'c'), adversarial)
    train(broken, kill=1)
    train(broken, kill=2, resume=True)
    assert differing(first, train(broken, resume=True)) == []
    other = config(str(tmp_path / 'd'), adversarial, **{'randomness.seed': 1})
    assert differing(first, train(other))


def test_workers_do_not_change_the_result(tmp_path):
    alone = train(config(str(tmp_path / 'a'), False))
    workers = {'train_dataloader.num_workers': 2}
    for persistent in (True, False):
        options = {
            **workers, 'train_dataloader.persistent_workers': persistent
        }
        cfg = config(str(tmp_path / f'b{persistent}'), False, **options)
        assert differing(alone, train(cfg)) == []


def test_iteration_based_runs_resume_too(tmp_path):

    def make(name: str, iters: int):
        cfg = config(str(tmp_path / name), False)
        cfg.train_cfg = dict(
            type='IterBasedTrainLoop', max_iters=iters, val_interval=99)
        cfg.param_scheduler = []
        cfg.train_dataloader.sampler = dict(
            type='InfiniteSampler', shuffle=True)
        cfg.default_hooks.checkpoint = dict(
            type='CheckpointHook', interval=3, by_epoch=False)
        return cfg

    whole = train(make('a', 9))
    train(make('b', 6))
    assert differing(whole, train(make('b', 9), resume=True)) == []
