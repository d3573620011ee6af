"""Passes of a training step as graphs, with a stand-in for those of CUDA."""
from contextlib import contextmanager

import pytest
import torch
from host_reads import HostReads
from mmengine.optim import OptimWrapper
from mmengine.runner import set_random_seed
from tiny_fermtl import (ALL_LOSSES, FEATURES, FIGURE, NETWORK, E, adversarial,
                         make_data, make_model)

from mmfermtl.engine.optimizers import AutocastOptimWrapper
from mmfermtl.models.multitask.step_graphs import WARMUP, StepGraphs


class FakeGraph:
    """Compute at each replay into the tensors of the capture, as CUDA does."""

    def __init__(self, log):
        self.log = log

    def capture(self, compute):
        self.log.append('capture')
        self.compute = compute
        # CUDA computes nothing here, so that no state may change.
        state = {k: v.clone() for k, v in self.model.state_dict().items()}
        with torch.random.fork_rng(devices=[]):
            self.outputs = compute()
        self.model.load_state_dict(state)
        self.gradients = [(p, p.grad) for p in self.model.parameters()
                          if p.grad is not None]
        return self.outputs

    def replay(self):
        self.log.append('replay')
        for parameter, _ in self.gradients:
            parameter.grad = None
        found = flatten(self.compute())
        with torch.no_grad():
            for old, new in zip(flatten(self.outputs), found):
                old.copy_(new)
            for parameter, gradient in self.gradients:
                gradient.copy_(parameter.grad)
                # As after CUDA's replay, which knows no `grad`.
                parameter.grad = None


def flatten(value):
    if isinstance(value, torch.Tensor):
        return [value]
    children = value.values() if isinstance(value, dict) else value or ()
    return [leaf for child in children for leaf in flatten(child)]


class FakeFactory:

    def __init__(self, model):
        self.model, self.log = model, []

    def __call__(self):
        graph = FakeGraph(self.log)
        graph.model = self.model
        return graph

    @contextmanager
    def eager(self):
        self.log.append('eager')
        yield


def batches(count):
    """Batches of four like images, the fourth one with three of them."""
    out = []
    for k in range(count):
        data = make_data(4)
        generator = torch.Generator().manual_seed(k)
        data['inputs'] = [
            torch.randint(0, 256, (1, 32, 32), generator=generator).byte()
            for _ in range(4)
        ]
        if k == 3:
            data = {key: values[:3] for key, values in data.items()}
        out.append(data)
    return out


def train(model, wrapper, graphs, count=WARMUP + 4):
    """Train, and return losses, weights and what the graphs did."""
    factory = FakeFactory(model)
    model.step_graphs = StepGraphs(factory) if graphs else None
    model.train()
    logs = []
    for k, data in enumerate(batches(count)):
        set_random_seed(k)
        logs.append({
            k: v.item()
            for k, v in model.train_step(data, wrapper).items()
        })
    return logs, model.state_dict(), factory.log


@pytest.mark.parametrize(
    'kind',
    ['single', 'figure', 'adversarial', 'first', 'scales', 'features', 'bf16'])
def test_graphs_train_as_steps_without_them(kind):
    runs = []
    for graphs in (False, True):
        if kind in ('adversarial', 'first', 'scales', 'features'):
            options = dict(ALL_LOSSES)
            if kind == 'features':
                options.update(discriminator=FEATURES, matching_aware=True)
            order = 'discriminator' if kind == 'first' else 'network'
            model, wrapper = adversarial(
                update_order=f'{order}_first',
                discriminator_steps=2,
                scales=2 if kind == 'scales' else 1,
                **options)
            for group in wrapper.param_groups.values():
                group[0]['lr'] = 1e-2
        else:
            network = FIGURE if kind == 'figure' else NETWORK
            model = make_model(network=network, **ALL_LOSSES)
            cls = AutocastOptimWrapper if kind == 'bf16' else OptimWrapper
            wrapper = cls(
                optimizer=torch.optim.Adam(model.network.parameters(), 1e-3))
        runs.append(train(model, wrapper, graphs))
    (plain, weights, _), (graphed, same, log) = runs
    # Warm-up and the smaller batch, of the steps that there are.
    assert log.count('eager') == WARMUP + 1
    passes = dict(adversarial=2, first=3, scales=2, features=2).get(kind, 1)
    assert log.count('capture') == passes
    replays = dict(adversarial=3, first=4, scales=3, features=3).get(kind, 1)
    assert log.count('replay') == 3 * replays
    assert plain == graphed
    for name, value in weights.items():
        torch.testing.assert_close(value, same[name], msg=name, rtol=0, atol=0)


def test_batches_of_another_kind_run_without_graphs():
    model, wrapper = adversarial()
    train(model, wrapper, True)
    graphs = model.step_graphs
    odd = make_data(4)
    del odd['data_samples'][0].gt_img
    unlabelled = make_data(4)
    unlabelled['data_samples'][0].set_gt_label(-1)
    generated = make_data(4)
    generated['data_samples'][1].set_metainfo(dict(generated=True))
    soft = make_data(4)
    for sample in soft['data_samples']:
        sample.set_gt_score(torch.full((E, ), 1 / E))
    for data in (unlabelled, generated, soft):
        assert graphs.stage(model.data_preprocessor(data, True)) is None
    # The number of paired images does not matter, except 0.
    assert graphs.stage(model.data_preprocessor(odd, True)) is not None
    del odd['data_samples'][2].gt_img
    assert graphs.stage(model.data_preprocessor(odd, True)) is None
    like = model.data_preprocessor(make_data(4), True)
    staged = graphs.stage(like)
    torch.testing.assert_close(staged['inputs'], like['inputs'])
    assert staged['inputs'].data_ptr() != like['inputs'].data_ptr()


@pytest.mark.parametrize('generated', [False, True])
@pytest.mark.parametrize('labelled', [True, False])
def test_losses_read_nothing_on_the_host(labelled, generated):
    model, wrapper = adversarial(**ALL_LOSSES)
    data = make_data(4)
    if not labelled:
        data['data_samples'][1].set_gt_label(-1)
    if generated:
        data['data_samples'][2].set_metainfo(dict(generated=True))
    data = model.data_preprocessor(data, True)
    with HostReads():
        losses, fake = model(**data, mode='loss_g')
        total, _ = model.parse_losses(losses)
        total.backward()
        dis = model(**data, mode='loss_d', fake=fake)
        model.parse_losses(dis)[0].backward()


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason='CUDA graphs need a GPU')
def test_graphs_of_cuda():  # pragma: no cover
    runs = []
    for graphs in (False, True):
        model, wrapper = adversarial(cuda_graphs=graphs, **ALL_LOSSES)
        model.cuda().train()
        logs = []
        for data in batches(WARMUP + 4):
            logs.append(model.train_step(data, wrapper))
        runs.append([{k: float(v) for k, v in log.items()} for log in logs])
    for plain, graphed in zip(*runs):
        assert plain == pytest.approx(graphed, rel=1e-3)


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason='a CPU waits for nothing')
def test_a_step_does_not_wait_for_the_gpu():  # pragma: no cover
    model, wrapper = adversarial(**ALL_LOSSES)
    model.cuda().train()
    model.train_step(make_data(4), wrapper)
    torch.cuda.set_sync_debug_mode('error')
    try:
        model.train_step(make_data(4), wrapper)
    finally:
        torch.cuda.set_sync_debug_mode('default')


def test_parts_that_graphs_would_freeze_are_refused():
    head = dict(
        type='mmpretrain.LinearClsHead',
        in_channels=8,
        num_classes=E,
        loss=dict(type='mmpretrain.CrossEntropyLoss'))
    network = dict(
        NETWORK, head=head, neck=dict(type='mmpretrain.GlobalAveragePooling'))
    with pytest.raises(ValueError, match='the head LinearClsHead'):
        make_model(cuda_graphs=True, network=network)
    balance = dict(type='mmfermtl.DynamicWeightAverage')
    with pytest.raises(ValueError, match='DynamicWeightAverage'):
        make_model(cuda_graphs=True, loss_balance=balance)
    make_model(
        cuda_graphs=True,
        loss_balance=dict(type='mmfermtl.UncertaintyWeighting'))


def test_accumulated_gradients_are_refused():
    model = make_model(**ALL_LOSSES)
    wrapper = OptimWrapper(
        torch.optim.SGD(model.parameters(), 0.1), accumulative_counts=2)
    with pytest.raises(ValueError, match='accumulative_counts=2'):
        train(model, wrapper, True)


def test_a_pass_that_cannot_be_captured_says_what_to_do():

    class Refuse:

        def __call__(self):
            return self

        @contextmanager
        def eager(self):
            yield

        def capture(self, compute):
            raise RuntimeError('operation not permitted when capturing')

    model, wrapper = adversarial()
    model.train()
    model.step_graphs = StepGraphs(Refuse())
    with pytest.raises(RuntimeError, match='not permitted.*cuda_graphs=False'):
        for _ in range(WARMUP + 1):
            model.train_step(make_data(4), wrapper)
