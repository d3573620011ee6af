"""What the hook measures, and that it leaves no trace in the training."""
import os.path as osp
import random

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from narrow import shrink
from tiny_fermtl import ALL_LOSSES, NETWORK, make_data, make_model
from toy_runs import forget_runs, read_json

from mmfermtl.engine import GateStatisticsHook
from mmfermtl.engine.gate_probe import flatten_row, no_trace, probe_gates

HOOK = dict(type='mmfermtl.GateStatisticsHook', interval=2)
DWA = dict(type='mmfermtl.DynamicWeightAverage')


class StopHook(Hook):
    """End the run in the middle of an epoch."""

    priority = 'LOWEST'

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def after_train_iter(self, runner, *args, **kwargs):
        if runner.iter + 1 == self.iteration:
            raise KeyboardInterrupt


def train(work_dir, hook=True, stop=None, seeded=True, **options) -> Runner:
    """Train on rendered faces for three epochs of three iterations."""
    forget_runs()
    cfg = shrink('fermtl_synthetic.py', work_dir, '', images=12, epochs=3)
    cfg.model.loss_balance = DWA
    cfg.train_cfg.val_interval = 9
    if hook:
        cfg.custom_hooks = cfg.custom_hooks + [HOOK]
    if not seeded:
        cfg.default_hooks.pop('draw_seed')
    cfg.merge_from_dict(options)
    runner = Runner.from_cfg(cfg)
    if stop is None:
        runner.train()
        return runner
    runner.register_hook(StopHook(stop))
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    return runner


def state(runner: Runner) -> dict:
    return {k: v.clone() for k, v in runner.model.state_dict().items()}


def assert_equal(a: dict, b: dict) -> None:
    assert a.keys() == b.keys()
    assert [k for k in a if not torch.equal(a[k], b[k])] == []


def test_training_is_bit_identical_with_and_without(tmp_path):
    without = state(train(str(tmp_path / 'a'), hook=False))
    # Nor is it the seeding of every iteration that hides a trace.
    runner = train(str(tmp_path / 'b'))
    assert_equal(without, state(runner))
    assert_equal(
        state(train(str(tmp_path / 'c'), hook=False, seeded=False)),
        state(train(str(tmp_path / 'd'), seeded=False)))
    rows = read_json(tmp_path, 'b', 'gates.json')
    assert [row['iter'] for row in rows] == [1, 2, 4, 6, 8]
    assert [row['epoch'] for row in rows] == [1, 1, 2, 2, 3]
    logged = runner.message_hub.log_scalars
    for name, value in flatten_row(rows[-1]).items():
        assert logged[f'gates/{name}'].current() == value
    assert {'gates/cosine', 'gates/point2/to_fes/z_std'} <= set(logged)
    # They do not crowd the line of each iteration.
    assert not [k for k in logged if k.startswith('train/') and 'point' in k]


def test_resumed_history_equals_an_uninterrupted_one(tmp_path):
    """Rows of an epoch that is trained again are not kept twice; the state
    of the loss balance is part of what is compared."""
    whole = train(str(tmp_path / 'a'))
    assert float(whole.model.network.loss_balance.means.min()) > 0
    broken = str(tmp_path / 'b')
    train(broken, stop=5)
    assert [r['iter'] for r in read_json(broken, 'gates.json')] == [1, 2, 4]
    resumed = train(broken, resume=True)
    assert_equal(state(whole), state(resumed))
    rows = read_json(tmp_path, 'a', 'gates.json')
    assert read_json(broken, 'gates.json') == rows
    # A new run forgets them.
    train(broken, stop=1)
    assert len(read_json(broken, 'gates.json')) == 1


def test_a_damaged_history_is_started_again(tmp_path):
    work_dir = str(tmp_path)
    train(work_dir, stop=4)
    with open(osp.join(work_dir, 'gates.json'), 'w') as file:
        file.write('[{"step": 1}]')
    train(work_dir, resume=True)
    rows = read_json(work_dir, 'gates.json')
    assert [row['iter'] for row in rows] == [4, 6, 8]


def test_probe_measures_gates_and_gradients():
    model = make_model(**ALL_LOSSES).train()
    row = probe_gates(model, make_data())
    # Computed in another way.
    losses = model(**model.data_preprocessor(make_data(), True), mode='loss')
    stem = model.network.backbone.stem
    grads = []
    for loss in (losses.pop('loss_fer'), sum(losses.values())):
        model.zero_grad()
        loss.backward(retain_graph=True)
        grads.append(torch.cat([p.grad.flatten() for p in stem.parameters()]))
    want = torch.nn.functional.cosine_similarity(*grads, dim=0)
    assert row['cosine'] == pytest.approx(float(want), abs=1e-4)
    assert row['grad_norm_fes'] == pytest.approx(
        float(grads[1].norm()), rel=1e-4)
    inputs = model.data_preprocessor(make_data(), True)['inputs']
    seen = []
    model.network.backbone.sharing[0].register_forward_hook(
        lambda unit, args, out: seen.append(unit.gates(*args)))
    model.network.backbone(inputs)
    reset = seen[0]['to_fes'].reset
    numbers = row['points'][0]['to_fes']
    assert numbers['r_mean'] == pytest.approx(
        float(reset.detach().mean()), rel=1e-5)
    assert numbers['r_std'] == pytest.approx(
        float(reset.detach().std(correction=0)), rel=1e-4)
    assert len(row['points']) == 2


def test_probe_touches_no_gradient():
    model = make_model(**ALL_LOSSES).train()
    probe_gates(model, make_data())
    assert all(p.grad is None for p in model.parameters())


def test_no_trace():
    model = torch.nn.BatchNorm1d(3)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    drawn = []
    for spoil in (False, True):
        torch.manual_seed(1), np.random.seed(1), random.seed(1)
        with no_trace(model):
            if spoil:
                model(torch.randn(5, 3))
                np.random.rand(), random.random()
        drawn.append((float(torch.rand(
            ())), np.random.rand(), random.random()))
    assert drawn[0] == drawn[1]
    assert_equal(before, model.state_dict())


@pytest.mark.parametrize('backbone', [
    dict(sharing=None),
    dict(sharing=dict(type='mmfermtl.HardSharing', depth=2)),
    dict(sharing=None, shared_stem=False),
])
def test_without_gates_the_gradients_are_left(backbone):
    from mmfermtl.registry import MODELS
    network = dict(NETWORK, backbone=dict(NETWORK['backbone'], **backbone))
    model = MODELS.build(dict(type='mmfermtl.FERMTL', network=network))
    row = probe_gates(model.train(), make_data())
    assert row['points'] == []
    assert ('cosine' in row) == ('shared_stem' not in backbone)
    assert set(
        flatten_row(row)) <= {'cosine', 'grad_norm_fer', 'grad_norm_fes'}


def test_a_frozen_stem_has_no_gradients_to_compare():
    model = make_model().train()
    model.network.backbone.stem.requires_grad_(False)
    row = probe_gates(model, make_data())
    assert len(row['points']) == 2 and 'cosine' not in row


def test_a_compiled_network_is_probed_as_it_is_written(monkeypatch):
    row = probe_gates(make_model().train(), make_data())
    network = dict(NETWORK, compile=dict(backend='eager'))
    model = make_model(network=network).train()
    # Compiled without the hooks.
    model.loss_terms(**model.data_preprocessor(make_data(), True))
    assert probe_gates(model, make_data()) == row
    # As before PyTorch 2.6.
    monkeypatch.delattr(torch.compiler, 'set_stance', raising=False)
    assert probe_gates(model, make_data()) == row


def test_foreign_models_are_refused(work_dir, few_ckplus48):
    cfg = shrink('mmpretrain_classifier_ckplus48.py', work_dir, few_ckplus48)
    cfg.custom_hooks = [HOOK]
    with pytest.raises(ValueError, match='found ImageClassifier'):
        Runner.from_cfg(cfg).train()
    with pytest.raises(ValueError, match='interval=0'):
        GateStatisticsHook(interval=0)
