"""Weights of the two tasks: fixed, learned, by rate, by gradient conflict."""
import math
import sys

import pytest
import torch
from mmengine.logging import MessageHub
from tiny_fermtl import ALL_LOSSES, NETWORK, adversarial, make_data, make_model
from torch import nn
from torchjd import aggregation

from mmfermtl.models import (DynamicWeightAverage, GradientWeighting,
                             UncertaintyWeighting)
from mmfermtl.registry import MODELS

UNCERTAINTY = dict(type='mmfermtl.UncertaintyWeighting')
DWA = dict(type='mmfermtl.DynamicWeightAverage')


def losses_of(model) -> dict:
    return model(**model.data_preprocessor(make_data()), mode='loss')


def fixed(fer: float = 2., rec: float = 3., adv: float = 1.) -> dict:
    """Losses of one iteration; synthesis has 4 in all."""
    return {
        f'loss_{k}': torch.tensor(v)
        for k, v in dict(fer=fer, rec=rec, adv=adv).items()
    }


@pytest.mark.parametrize('cfg', [UNCERTAINTY, DWA])
def test_the_first_weights_are_the_fixed_ones(cfg):
    plain = losses_of(make_model(**ALL_LOSSES))
    model = make_model(loss_balance=cfg, **ALL_LOSSES)
    balanced = losses_of(model)
    for name, value in plain.items():
        torch.testing.assert_close(balanced[name], value)
    assert balanced['weight_fer'] == balanced['weight_fes'] == 1
    total, logs = model.parse_losses(balanced)
    torch.testing.assert_close(total, sum(plain.values()))
    # Only losses have "loss" in their names.
    assert {k for k in logs if 'loss' in k} - {'loss', 'loss_balance'} == \
        set(plain)


def test_classification_by_the_discriminator_is_of_synthesis():
    losses = dict(fixed(), loss_cls=torch.tensor(5.))
    totals = UncertaintyWeighting()._totals(losses)
    assert totals.tolist() == [2, 9]


def test_uncertainty_follows_the_equation():
    balance = UncertaintyWeighting()
    with torch.no_grad():
        balance.log_vars.copy_(torch.tensor([0.4, -0.6]))
    out = balance(fixed(), nn.Identity())
    total = sum(v for k, v in out.items() if 'loss' in k)
    want = math.exp(-0.4) * 2 + math.exp(0.6) * 4 + 0.2 - 0.3
    assert float(total.detach()) == pytest.approx(want)
    assert float(out['loss_rec'].detach()) == pytest.approx(math.exp(0.6) * 3)
    total.backward()
    want = [-math.exp(-0.4) * 2 + 0.5, -math.exp(0.6) * 4 + 0.5]
    assert balance.log_vars.grad.tolist() == pytest.approx(want)


def test_uncertainty_settles_where_every_task_weighs_the_same():
    balance = UncertaintyWeighting()
    optimizer = torch.optim.SGD(balance.parameters(), 0.3)
    for _ in range(100):
        optimizer.zero_grad()
        out = balance(fixed(), nn.Identity())
        sum(v for k, v in out.items() if 'loss' in k).backward()
        optimizer.step()
    assert float(out['loss_fer']) == pytest.approx(0.5, abs=1e-3)
    assert float(out['loss_rec'] + out['loss_adv']) == pytest.approx(
        0.5, abs=1e-3)


def test_a_loss_of_zero_does_not_take_over():
    balance = UncertaintyWeighting(max_weight=5.)
    sgd = torch.optim.SGD(balance.parameters(), lr=0.5)
    for _ in range(50):
        out = balance(fixed(fer=0.), nn.Identity())
        sgd.zero_grad()
        sum(v for k, v in out.items() if 'loss' in k).backward()
        sgd.step()
        assert out['weight_fer'] <= 5 * 1.0001
    assert out['weight_fer'] == pytest.approx(5)
    # A loss that comes back is weighed down again.
    for _ in range(50):
        out = balance(fixed(fer=3.), nn.Identity())
        sgd.zero_grad()
        sum(v for k, v in out.items() if 'loss' in k).backward()
        sgd.step()
    assert out['weight_fer'] < 1
    with pytest.raises(ValueError, match='max_weight=0.5'):
        UncertaintyWeighting(max_weight=0.5)


def test_log_variances_reach_the_optimizer_and_the_checkpoint():
    model, optim = adversarial(loss_balance=UNCERTAINTY)
    log_vars = model.network.loss_balance.log_vars
    log = model.train_step(make_data(), optim)
    assert {'weight_fer', 'weight_fes', 'loss_balance'} <= set(log)
    parts = [log[f'loss_{k}'] for k in ('fer', 'rec', 'adv', 'balance')]
    assert float(log['loss']) == pytest.approx(float(sum(parts)), rel=1e-5)
    assert log_vars.abs().min() > 0
    assert 'network.loss_balance.log_vars' in model.state_dict()
    groups = optim['network'].optimizer.param_groups
    assert any(p is log_vars for g in groups for p in g['params'])
    # Without a balance, nothing is added to the checkpoint.
    assert not [k for k in make_model().state_dict() if 'balance' in k]


def epoch_of(number: int) -> None:
    MessageHub.get_current_instance().update_info('epoch', number)


def run_epochs(balance, rows, begin: int = 0) -> list:
    """Feed epochs of two iterations each; weights of each epoch."""
    weights = []
    for epoch, (fer, rec) in enumerate(rows, begin):
        epoch_of(epoch)
        for noise in (-0.1, 0.1):
            out = balance(fixed(fer + noise, rec - noise), nn.Identity())
        weights.append([float(out['weight_fer']), float(out['weight_fes'])])
    return weights


ROWS = [(4., 3.), (2., 3.), (1., 2.), (1., 1.)]


def test_dynamic_weight_average_follows_the_equation():
    balance = DynamicWeightAverage(temperature=2.)
    got = run_epochs(balance, ROWS)
    assert got[:2] == [[1., 1.]] * 2
    for weights, rates in zip(got[2:], ([2 / 4, 4 / 4], [1 / 2, 3 / 4])):
        powers = [math.exp(rate / 2) for rate in rates]
        want = [2 * p / sum(powers) for p in powers]
        assert weights == pytest.approx(want, rel=1e-5)
    # The weight is no path for gradients.
    assert not list(balance.parameters())


def test_dynamic_weight_average_resumes_bit_identically():
    unbroken = DynamicWeightAverage()
    want = run_epochs(unbroken, ROWS)
    first = DynamicWeightAverage()
    run_epochs(first, ROWS[:2])
    second = DynamicWeightAverage()
    second.load_state_dict(first.state_dict())
    assert run_epochs(second, ROWS[2:], begin=2) == want[2:]
    for name, buffer in unbroken.state_dict().items():
        assert torch.equal(second.state_dict()[name], buffer), name


def test_validation_does_not_change_the_averages():
    balance = DynamicWeightAverage()
    run_epochs(balance, ROWS[:2])
    before = {k: v.clone() for k, v in balance.state_dict().items()}
    balance.eval()(fixed(9., 9.), nn.Identity())
    for name, buffer in balance.state_dict().items():
        assert torch.equal(before[name], buffer)


def test_every_loss_a_task():
    tasks = {k: [f'loss_{k}'] for k in ('fer', 'rec', 'adv')}
    out = UncertaintyWeighting(tasks)(fixed(), nn.Identity())
    assert {'weight_fer', 'weight_rec', 'weight_adv'} <= set(out)


class ConflictingTasks(nn.Module):
    """Two losses whose gradients on the common part oppose each other."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Linear(2, 1, bias=False)
        self.head = nn.Linear(1, 1)

    def losses(self) -> dict:
        weight = self.backbone.weight[0]
        fer = (weight @ torch.tensor([1., 0.])) * self.head.weight.sum().exp()
        rec = weight @ torch.tensor([-2., 3.])
        return dict(loss_fer=fer, loss_rec=rec)


def gradient_of(loss, network) -> torch.Tensor:
    return torch.autograd.grad(
        loss, network.backbone.weight, retain_graph=True)[0].flatten()


@pytest.mark.parametrize('method', ['PCGrad', 'MGDA', 'IMTLG', 'AlignedMTL'])
def test_gradient_weighting_gives_the_direction_of_the_library(method):
    network = ConflictingTasks()
    losses = network.losses()
    rows = torch.stack([gradient_of(v, network) for v in losses.values()])
    assert rows[0] @ rows[1] < 0
    out = GradientWeighting(method)(losses, network)
    total = out['loss_fer'] + out['loss_rec']
    got = gradient_of(total, network)
    torch.testing.assert_close(got, getattr(aggregation, method)()(rows))
    if method in ('PCGrad', 'MGDA'):
        assert (rows @ got > -1e-5).all()  # no task gets worse
    assert not torch.equal(got, rows.sum(dim=0))
    assert network.head.weight.grad is None


@pytest.mark.parametrize('method', ['PCGrad', 'MGDA', 'IMTLG', 'AlignedMTL'])
def test_a_task_without_a_gradient_takes_no_weight(method):
    """As in a batch without labels, or of generated images only."""
    network = ConflictingTasks()
    losses = network.losses()
    for name in losses:
        out = GradientWeighting(method)(dict(losses,
                                             **{name: 0 * losses[name]}),
                                        network)
        assert out['weight_fer'] == out['weight_fes'] == 1
    # Two others are weighted as without it.
    tasks = {k: [f'loss_{k}'] for k in ('fer', 'adv', 'rec')}
    out = GradientWeighting(
        method, tasks=tasks)(dict(losses, loss_adv=0 * losses['loss_fer']),
                             network)
    want = GradientWeighting(method)(losses, network)
    assert out['weight_adv'] == 1
    assert out['weight_fer'] == want['weight_fer']
    assert out['weight_rec'] == want['weight_fes'] != 1


def test_gradient_weighting_in_training():
    model, optim = adversarial(
        loss_balance=dict(type='mmfermtl.GradientWeighting', method='MGDA'))
    log = model.train_step(make_data(), optim)
    weights = log['weight_fer'], log['weight_fes']
    assert float(sum(weights)) == pytest.approx(1, abs=1e-4)
    assert not [k for k in model.state_dict() if 'balance' in k]
    with torch.no_grad():
        assert losses_of(model)['weight_fer'] == 1


def test_gradient_weighting_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torchjd', None)
    with pytest.raises(ImportError, match='pip install torchjd'):
        GradientWeighting()


@pytest.mark.parametrize('make, message', [
    (lambda: DynamicWeightAverage(temperature=0), 'temperature=0'),
    (lambda: UncertaintyWeighting(dict(fer=['loss_fer'])), 'fewer than two'),
    (lambda: UncertaintyWeighting()(dict(loss_fer=torch.ones(
        ())), None), "task 'fes' of the loss balance has none"),
    (lambda: UncertaintyWeighting()(dict(fixed(), loss_new=torch.ones(
        ())), None), r"\['loss_new'\] belong"),
    (lambda: GradientWeighting('GradNorm'), "method='GradNorm'"),
    (lambda: GradientWeighting('CAGrad'), "argument: 'c'; expected those of"),
    (lambda: GradientWeighting('FairGrad'), "argument: 'alpha'"),
    (lambda: GradientWeighting('MGDA', options=dict(c=1.)),
     r"options=\{'c': 1.0\}"),
    (lambda: MODELS.build(
        dict(
            type='mmfermtl.FERMTL',
            network=dict(NETWORK, generator=None),
            loss_balance=UNCERTAINTY)), 'only one of them'),
])
def test_wrong_options_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
