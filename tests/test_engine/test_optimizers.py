"""Optimizers: one a child, accumulation, mixed precision."""
import pytest
import torch
from mmengine.optim import OptimWrapper, build_optim_wrapper
from torch import nn

from mmfermtl.engine import AutocastOptimWrapper, MultiOptimWrapperConstructor


class TwoParts(nn.Module):
    updates_per_iter = dict(b=2)

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 1), nn.Linear(2, 1)


def sgd(**kwargs):
    return dict(
        type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1), **kwargs)


def test_one_optimizer_a_child():
    model = TwoParts()
    wrapper = MultiOptimWrapperConstructor(dict(a=sgd(), b=sgd()))(model)
    assert list(wrapper.keys()) == ['a', 'b']
    for name in ('a', 'b'):
        group, = wrapper[name].param_groups
        assert group['params'] == list(getattr(model, name).parameters())


def test_accumulation_loses_no_gradient():
    """8 iterations in steps of 3: two full steps and a rest of two."""
    model = TwoParts()
    wrapper = MultiOptimWrapperConstructor(
        dict(a=sgd(accumulative_counts=3), b=sgd(accumulative_counts=3)))(
            model)
    steps = dict(a=0, b=0)
    for name in steps:

        def count(*args, name=name):
            steps[name] += 1

        wrapper[name].optimizer.register_step_post_hook(count)
    wrapper.initialize_count_status(model, 0, 8)
    for _ in range(8):
        wrapper['a'].update_params(model.a(torch.ones(1, 2)).sum())
        for _ in range(2):
            wrapper['b'].update_params(model.b(torch.ones(1, 2)).sum())
    # b is called twice an iteration: 16 calls, five full steps and a rest.
    assert steps == dict(a=3, b=6)
    # Every gradient was used: the last step cleared them.
    assert model.a.weight.grad is None or not model.a.weight.grad.any()


def test_paramwise_options_reach_the_children():
    model = TwoParts()
    wrapper = MultiOptimWrapperConstructor(
        dict(
            a=sgd(
                paramwise_cfg=dict(custom_keys=dict(bias=dict(
                    lr_mult=0.5))))))(
                        model)
    rates = {g['lr'] for g in wrapper['a'].param_groups}
    assert rates == {0.05, 0.1}


def test_norms_and_biases_do_not_decay():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    model.scale = nn.Parameter(torch.ones(1))
    cfg = dict(
        constructor='mmfermtl.NoBiasDecayOptimWrapperConstructor',
        optimizer=dict(type='SGD', lr=0.1, weight_decay=0.5))
    wrapper = build_optim_wrapper(model, cfg)
    groups = wrapper.optimizer.param_groups
    assert [len(g['params']) for g in groups] == [1, 4]
    before = {k: v.clone() for k, v in model.state_dict().items()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    wrapper.step()
    changed = [
        name for name, value in model.state_dict().items()
        if not torch.equal(value, before[name])
    ]
    assert changed == ['0.weight']
    with pytest.raises(ValueError, match='paramwise_cfg'):
        build_optim_wrapper(model,
                            dict(cfg, paramwise_cfg=dict(bias_lr_mult=2.)))


def test_wrong_configs_are_named():
    with pytest.raises(KeyError, match="'c', but TwoParts has .*'a', 'b'"):
        MultiOptimWrapperConstructor(dict(c=sgd()))(TwoParts())
    with pytest.raises(ValueError, match='in the configs of the children'):
        MultiOptimWrapperConstructor(dict(a=sgd()), dict(bias_lr_mult=1))


def test_autocast_on_a_cpu():
    model = nn.Linear(4, 4)
    wrapper = AutocastOptimWrapper(
        optimizer=torch.optim.SGD(model.parameters(), 0.1))
    assert isinstance(wrapper, OptimWrapper)
    with wrapper.optim_context(model):
        out = model(torch.rand(2, 4))
    assert out.dtype == torch.bfloat16
    before = model.weight.detach().clone()
    wrapper.update_params(out.float().sum())
    assert model.weight.dtype == torch.float32
    assert not torch.equal(before, model.weight)
    assert model(torch.rand(2, 4)).dtype == torch.float32
    with pytest.raises(ValueError, match="dtype='int8'"):
        AutocastOptimWrapper(dtype='int8', optimizer=wrapper.optimizer)
