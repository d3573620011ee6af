"""A training whose losses or weights are not finite ends with an error."""
import os.path as osp

import pytest
import torch
from mmengine.hooks import Hook
from toy_runs import build_runner

from mmfermtl.engine.hooks import DivergenceHook


class SpoilHook(Hook):
    """Make the losses, a weight or a buffer of some steps not finite."""

    priority = 'VERY_HIGH'

    def __init__(self, steps, what='loss'):
        self.steps = steps
        self.what = what

    def before_train(self, runner):
        runner.model.register_buffer('mask', torch.tensor([0., -torch.inf]))
        train_step = runner.model.train_step

        def spoilt(*args, **kwargs):
            logs = train_step(*args, **kwargs)
            if runner.iter in self.steps:
                if self.what == 'loss':
                    logs['loss_rec'] = logs['loss_rec'] * torch.inf
                elif self.what == 'weight':
                    runner.model.body.weight.data[0, 0] = torch.nan
                else:
                    runner.model.mask[0] = torch.inf
            return logs

        runner.model.train_step = spoilt


def train(toy_config, work_dir, spoil=None, patience=4, **options):
    hooks = [DivergenceHook(patience)] + ([spoil] if spoil else [])
    runner = build_runner(toy_config, work_dir, hooks=hooks, **options)
    runner.train()
    return runner


def test_losses_stop_it_after_some_steps_in_a_row(toy_config, work_dir):
    with pytest.raises(ValueError) as info:
        train(toy_config, work_dir, SpoilHook({1, 2, 3, 4}))
    text = str(info.value)
    assert 'at step 5 (epoch 2) loss = ' in text and 'loss_rec = inf' in text
    assert 'for 4 steps in a row; lower the learning rate (now ' in text
    assert osp.join(work_dir, 'epoch_1.pth') in text
    assert not osp.exists(osp.join(work_dir, 'summary.json'))


def test_single_steps_are_survived(toy_config, work_dir):
    runner = train(toy_config, work_dir, SpoilHook({0, 1, 2, 4, 5}))
    assert runner.iter == 6


@pytest.mark.parametrize('step, saved', [(1, False), (4, True)])
def test_weights_stop_it_before_they_are_saved(toy_config, work_dir, step,
                                               saved):
    with pytest.raises(ValueError, match='body.weight') as info:
        train(toy_config, work_dir, SpoilHook({step}, 'weight'), patience=99)
    assert f'after step {3 + 3 * saved} ' in str(info.value)
    assert osp.exists(osp.join(work_dir, 'epoch_1.pth')) is saved
    assert not osp.exists(osp.join(work_dir, f'epoch_{1 + saved}.pth'))


def test_a_constant_that_was_not_finite_from_the_start(toy_config, work_dir):
    # 'mask' holds -inf before; it is no sign of anything.
    assert train(toy_config, work_dir, SpoilHook({1}, 'buffer')).iter == 6


def test_by_steps_a_checkpoint_is_checked(toy_config, work_dir):
    options = {
        'train_cfg':
        dict(_delete_=True, by_epoch=False, max_iters=4, val_interval=4),
        'default_hooks.checkpoint':
        dict(by_epoch=False),
        'param_scheduler':
        None
    }
    with pytest.raises(ValueError, match='not finite .body.weight'):
        train(toy_config, work_dir, SpoilHook({2}, 'weight'), 99, **options)
    assert not osp.exists(osp.join(work_dir, 'iter_3.pth'))
    assert osp.exists(osp.join(work_dir, 'iter_2.pth'))


def test_a_set_without_a_batch(toy_config, work_dir):
    options = {
        'train_dataloader.batch_size': 100,
        'train_dataloader.drop_last': True
    }
    with pytest.raises(ValueError, match='gives no batch: it has 10 images'):
        train(toy_config, work_dir, **options)
