"""The models: inputs of each loss, predictions, and what is trained."""
import copy

import pytest
import torch
import torch._dynamo
from mmengine.optim import OptimWrapper
from tiny_fermtl import (ALL_LOSSES, NETWORK, E, adversarial, make_data,
                         make_model)
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmfermtl.models import (AdversarialFERMTL, FERMTLNetwork,
                             FESDiscriminator, PixelLoss)
from mmfermtl.models.multitask.batch_targets import BatchTargets
from mmfermtl.models.multitask.frozen import call_frozen, frozen_batch_stats
from mmfermtl.registry import MODELS
from mmfermtl.structures import to_network_range, to_picture


class Recorder(PixelLoss):
    """Record the arguments of the last call."""

    def forward(self, pred, target, mask=None, source=None):
        self.seen = (pred, target, mask, source)
        return super().forward(pred, target, mask, source)


def test_paired_losses_use_the_ground_truth_where_there_is_one():
    rec, identity = Recorder(), Recorder()
    model = make_model(loss_rec=rec, loss_identity=identity)
    data = model.data_preprocessor(make_data())
    losses = model(**data, mode='loss')
    assert set(losses) == {'loss_fer', 'loss_rec', 'loss_identity'}
    assert rec.seen[2].tolist() == [True, False, False, False]
    assert identity.seen[2].tolist() == [False, False, True, True]
    torch.testing.assert_close(
        rec.seen[1][0], to_network_range(data['data_samples'][0].gt_img))
    torch.testing.assert_close(rec.seen[3], data['inputs'])
    # Without a target, the source itself is reconstructed.
    torch.testing.assert_close(identity.seen[1][3], data['inputs'][3])


def test_identity_targets_count_as_pairs_without_identity_loss():
    rec = Recorder()
    model = make_model(loss_rec=rec)
    model(**model.data_preprocessor(make_data()), mode='loss')
    assert rec.seen[2].tolist() == [True, False, True, False]


def test_every_parameter_of_the_network_is_trained():
    model = make_model(**ALL_LOSSES)
    losses = model(**model.data_preprocessor(make_data()), mode='loss')
    assert set(losses) == {
        f'loss_{k}'
        for k in ('fer', 'rec', 'feat', 'identity', 'cyc', 'syn')
    }
    total, _ = model.parse_losses(losses)
    torch.testing.assert_close(total, sum(losses.values()))
    total.backward()
    for name, parameter in model.network.named_parameters():
        assert parameter.grad is not None, name
    assert all(p.grad is None for p in model.loss_feat.parameters())


def test_no_pair_in_the_batch_keeps_the_graph():
    data = make_data(2)
    data['data_samples'][0].pop('gt_img')
    model = make_model()
    losses = model(**model.data_preprocessor(data), mode='loss')
    assert losses['loss_rec'] == 0
    losses['loss_rec'].backward()
    assert model.network.generator.out_conv.weight.grad is not None


def test_classifier_of_generated_images_is_fixed():
    """loss_syn trains the generator, not the head that it passes through."""
    model = make_model(loss_syn=dict(type='mmfermtl.CrossEntropyLoss'))
    losses = model(**model.data_preprocessor(make_data()), mode='loss')
    losses['loss_syn'].backward()
    assert model.network.generator.out_conv.weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in model.network.head.parameters())


def test_generated_images_do_not_change_running_statistics():
    """Only the pass of real images counts."""
    plain, full = make_model(), make_model(**ALL_LOSSES)
    for model in (plain, full):
        model.train()
        model(**model.data_preprocessor(make_data()), mode='loss')
    norms = [[
        m.running_mean for m in model.network.modules()
        if isinstance(m, _BatchNorm)
    ] for model in (plain, full)]
    assert len(norms[0]) > 5
    for a, b in zip(*norms):
        torch.testing.assert_close(a, b)


def test_call_frozen_is_a_fixed_function():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    x = torch.randn(2, 1, 5, 5, requires_grad=True)
    out = call_frozen(net, x)
    torch.testing.assert_close(out, net(x))
    out.square().sum().backward()
    assert x.grad.abs().sum() > 0 and net[0].weight.grad is None


def test_an_overflow_does_not_change_running_statistics():
    """0 * inf is NaN: a momentum of 0 would not do."""
    norm = nn.BatchNorm2d(2).train()
    before = {k: v.clone() for k, v in norm.state_dict().items()}
    with frozen_batch_stats(norm):
        norm(torch.full((2, 2, 3, 3), float('inf')))
    for name, value in norm.state_dict().items():
        torch.testing.assert_close(value, before[name])
    norm(torch.rand(2, 2, 3, 3))
    assert norm.num_batches_tracked == 1 and norm.running_mean.any()


def test_generated_images_are_classified_without_dropout():
    """loss_syn is that of the classifier as it is tested."""
    network = copy.deepcopy(NETWORK)
    network['head']['dropout'] = 0.5
    model = make_model(loss_syn=dict(type='mmfermtl.CrossEntropyLoss'))
    dropping = MODELS.build(
        dict(
            type='mmfermtl.FERMTL',
            network=network,
            loss_syn=dict(type='mmfermtl.CrossEntropyLoss')))
    dropping.load_state_dict(model.state_dict())
    losses = []
    for each in (model, dropping):
        each.train()
        found = each(**each.data_preprocessor(make_data()), mode='loss')
        losses.append(found['loss_syn'])
        assert all(m.training for m in each.network.modules())
    torch.testing.assert_close(losses[0], losses[1])


def test_a_share_of_the_batch_may_be_classified():
    """With a share of 0.5 it is the loss of the first half."""
    syn = dict(type='mmfermtl.CrossEntropyLoss')
    half, full = make_model(
        loss_syn=syn, syn_share=.5), make_model(loss_syn=syn)
    full.load_state_dict(half.state_dict())
    # In evaluation mode an image does not depend on the others.
    half.eval(), full.eval()
    data = half.data_preprocessor(make_data())
    found = half(**data, mode='loss')
    data = full.data_preprocessor(make_data())
    first = full(
        data['inputs'][:2], data['data_samples'][:2], mode='loss')['loss_syn']
    assert len(data['inputs']) == 4
    torch.testing.assert_close(found['loss_syn'], first)
    whole = full(**data, mode='loss')
    assert not torch.equal(found['loss_syn'], whole['loss_syn'])
    torch.testing.assert_close(found['loss_rec'], whole['loss_rec'])
    for share in (0, 1.5):
        with pytest.raises(ValueError, match='syn_share='):
            make_model(loss_syn=syn, syn_share=share)


def generated(data, *rows):
    for row in rows:
        data['data_samples'][row].set_field(
            True, 'generated', field_type='metainfo')
    return data


def statistics(model):
    return {
        name: value.clone()
        for name, value in model.network.named_buffers() if 'running' in name
    }


def pick(data, rows):
    return {k: [v[i] for i in rows] for k, v in data.items()}


@pytest.mark.parametrize('rows', [(2, 3), (1, ), (0, 1, 2, 3)])
@pytest.mark.parametrize('synthesis', [True, False])
def test_generated_sources_are_recognised_as_real_ones(rows, synthesis):
    """Normalised with them, or one expression would look like another."""
    options = ALL_LOSSES if synthesis else dict(
        network=dict(
            NETWORK,
            backbone=dict(NETWORK['backbone'], branches='fer', sharing=None),
            generator=None),
        loss_rec=None)
    mixed, real = make_model(**options), make_model(**options)
    real.load_state_dict(mixed.state_dict())
    found = []
    for model, some in ((mixed, rows), (real, ())):
        model.train()
        torch.manual_seed(0)  # of the dropout
        data = model.data_preprocessor(generated(make_data(), *some))
        found.append(model(**data, mode='loss')['loss_fer'])
    torch.testing.assert_close(*found)
    for name, value in statistics(mixed).items():
        if not name.startswith('generator.'):
            torch.testing.assert_close(value, statistics(real)[name])


def test_generated_sources_do_not_train_synthesis():
    rec, identity = Recorder(), Recorder()
    model = make_model(loss_rec=rec, loss_identity=identity)
    data = model.data_preprocessor(generated(make_data(), 1, 3))
    losses = model(**data, mode='loss')
    assert rec.seen[2].tolist() == [True, False]
    assert identity.seen[2].tolist() == [False, True]
    torch.testing.assert_close(rec.seen[3], data['inputs'][[0, 2]])
    fake = rec.seen[0]
    assert fake.shape == data['inputs'][[0, 2]].shape
    target = BatchTargets.read(make_data()['data_samples'], E).real.target
    whole = model.network(data['inputs'], (target, )).fakes[0]
    torch.testing.assert_close(fake, whole[[0, 2]])
    assert losses['loss_rec'] > 0


def test_a_batch_of_generated_sources_only():
    model, real = make_model(**ALL_LOSSES).train(), make_model(**ALL_LOSSES)
    real.load_state_dict(model.state_dict())
    data = model.data_preprocessor(generated(make_data(), 0, 1, 2, 3))
    losses = model(**data, mode='loss')
    assert losses['loss_fer'] > 0
    assert all(v == 0 for k, v in losses.items() if k != 'loss_fer')
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in model.network.parameters())
    # A network that is trained on them alone has no other statistics.
    real.train()(**real.data_preprocessor(make_data()), mode='loss')
    for name, value in statistics(model).items():
        torch.testing.assert_close(value, statistics(real)[name])


def test_the_discriminator_ignores_generated_sources():
    model, _ = adversarial()
    data = model.data_preprocessor(generated(make_data(), 2, 3))
    _, fake = model(**data, mode='loss_g')
    assert len(fake) == 2
    few = model.data_preprocessor(pick(make_data(), [0, 1]))
    torch.testing.assert_close(
        model(**data, mode='loss_d', fake=fake),
        model(**few, mode='loss_d', fake=fake))
    none = model.data_preprocessor(generated(make_data(), 0, 1, 2, 3))
    fake = torch.cat([fake, fake])
    assert model(**none, mode='loss_d', fake=fake)['loss_dis'] == 0


@pytest.mark.parametrize('order', ['network_first', 'discriminator_first'])
def test_order_of_the_updates(order):
    model, optim_wrapper = adversarial(
        discriminator_steps=2, update_order=order)
    model.train()
    events = []

    def recorded(inputs, data_samples, mode, targets, fake=None):
        training = model.network.training
        out = model(inputs, data_samples, mode, targets, fake)
        if fake is not None:
            assert not fake.requires_grad
        events.append((mode, training, fake))
        return out

    for name in optim_wrapper.keys():
        update = optim_wrapper[name].update_params
        optim_wrapper[name].update_params = (lambda loss, n=name, f=update:
                                             (events.append(
                                                 (n, None, None)), f(loss)))
    logs = model.adversarial_step(make_data(), optim_wrapper, recorded)
    steps = [('loss_d', 'discriminator')] * 2
    if order == 'network_first':
        want = [('loss_g', 'network'), *steps]
    else:
        want = [('fakes', ), *steps, ('loss_g', 'network')]
    assert [name for name, _, _ in events] == sum(map(list, want), [])
    fakes = [fake for mode, _, fake in events if mode == 'loss_d']
    assert fakes[0] is fakes[1] or torch.equal(*fakes)
    assert {'loss_dis', 'loss_adv', 'loss_fer'} <= set(logs)
    assert model.network.training


def test_fakes_of_the_release_are_generated_in_evaluation_mode():
    model, _ = adversarial(update_order='discriminator_first')
    model.train()
    data = model.data_preprocessor(make_data())
    before = statistics(model)
    fake = model(**data, mode='fakes')
    for name, value in statistics(model).items():
        torch.testing.assert_close(value, before[name])
    _, trained = model(**data, mode='loss_g')
    assert not torch.allclose(fake, trained)
    model.eval()
    # The pass that trained has moved the statistics.
    model.network.load_state_dict(before, strict=False)
    torch.testing.assert_close(fake, model(**data, mode='loss_g')[1])


def test_predict():
    model = make_model().eval()
    data = model.data_preprocessor(make_data())
    with torch.no_grad():
        out = model(**data, mode='predict')
        assert out[0].fake_img.shape == (1, 32, 32)
        assert out[0].fake_img.dtype == torch.uint8
        assert out[0].pred_score.sum() == pytest.approx(1)
        everything = model.predict(data['inputs'], synthesis='all')
        assert everything[0].fake_imgs.shape == (E, 1, 32, 32)
        torch.testing.assert_close(everything[0].fake_imgs[1], out[0].fake_img)
        plain = model.predict(data['inputs'], synthesis=None)
    assert 'fake_img' not in plain[0] and 'pred_label' in plain[0]


def test_predict_does_not_depend_on_the_order_of_samples():
    """The first sample may be one without a target."""
    model = make_model().eval()
    data = make_data(2)
    data['data_samples'][0].pop('target_label')
    with torch.no_grad():
        out = model(**model.data_preprocessor(data), mode='predict')
    assert all('fake_img' in sample for sample in out)


def test_predict_takes_mixtures():
    model = make_model().eval()
    data = make_data(2)
    score = torch.tensor([0.5, 0.5, 0, 0])
    for sample in data['data_samples']:
        sample.set_target_score(score)
    data = model.data_preprocessor(data)
    with torch.no_grad():
        out = model(**data, mode='predict')
        want = model.network(data['inputs'], (score.expand(2, -1), ))
    for sample, fake in zip(out, want.fakes[0]):
        torch.testing.assert_close(sample.fake_img, to_picture(fake))


def test_channels_last_changes_the_layout_only():
    plain = make_model().eval()
    cfg = dict(NETWORK, channels_last=True)
    other = MODELS.build(dict(type='mmfermtl.FERMTL', network=cfg)).eval()
    other.load_state_dict(plain.state_dict())
    weight = other.network.backbone.fer_stages[0].convs[1].conv.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    inputs = plain.data_preprocessor(make_data())['inputs']
    targets = (torch.eye(E), )
    with torch.no_grad():
        for a, b in zip(
                plain.network(inputs, targets), other.network(inputs,
                                                              targets)):
            torch.testing.assert_close(a[0], b[0], rtol=1e-4, atol=1e-5)


def test_recognition_only():
    cfg = dict(NETWORK, generator=None)
    model = MODELS.build(dict(type='mmfermtl.FERMTL', network=cfg))
    # Without a generator any backbone that returns FER features is accepted.
    model.network.backbone.branches = 'fer'
    data = model.data_preprocessor(make_data())
    assert set(model(**data, mode='loss')) == {'loss_fer'}
    assert 'fake_img' not in model(**data, mode='predict')[0]
    assert model(**data).shape == (4, E) and model.num_classes == E
    with pytest.raises(ValueError, match='has no generator'):
        model.network(data['inputs'], (torch.eye(E), ))


@pytest.mark.parametrize('run, message', [
    (lambda: make_model(synthesis='some'), "synthesis='some'"),
    (lambda: make_model()
     (torch.rand(1, 1, 32, 32), mode='train'), "mode='train'"),
    (lambda: FERMTLNetwork(
        nn.Identity(), nn.Identity(), compile=dict(options=dict(a=1))),
     'compile=.*a dict of mode, fullgraph'),
    (lambda: FERMTLNetwork(nn.Identity(), nn.Identity(), compile='yes'),
     "compile='yes'"),
    (lambda: FERMTLNetwork(nn.Identity(), nn.Identity(), frozen=['stem']),
     r"no 'stem'; give some of \['backbone', 'head'\]"),
    (lambda: FERMTLNetwork(nn.Identity(), nn.Identity(), frozen=['neck']),
     "no 'neck'"),
])
def test_wrong_options_are_named(run, message):
    with pytest.raises(ValueError, match=message):
        run()


def test_label_beyond_the_classes_is_named():
    model = make_model()
    data = make_data()
    data['data_samples'][1].set_target_label(E)
    with pytest.raises(ValueError, match='target_label is .*expected 0 to 3'):
        model(**model.data_preprocessor(data), mode='loss')


def copy_weights(module):
    return [p.detach().clone() for p in module.parameters()]


def test_adversarial_step_trains_each_part_by_its_own_loss():
    model, optim = adversarial(discriminator_steps=2)
    before = copy_weights(model.network), copy_weights(model.discriminator)
    log = model.train_step(make_data(), optim)
    assert {'loss', 'loss_fer', 'loss_rec', 'loss_adv', 'loss_dis'} <= set(log)
    # The total is that of the network's losses only.
    names = ('loss_fer', 'loss_rec', 'loss_adv')
    assert float(log['loss']) == pytest.approx(
        sum(float(log[k]) for k in names))
    for old, module in zip(before, (model.network, model.discriminator)):
        changed = [
            not torch.equal(a, b) for a, b in zip(old, module.parameters())
        ]
        assert all(changed)


def test_frozen_parts_are_left_as_they_are():
    """Not only their weights: their running statistics, too."""
    model, optim = adversarial(
        network=dict(NETWORK, frozen=('backbone', 'head')))
    before = copy.deepcopy(model.network.state_dict())
    model.train()
    assert not any(
        m.training for part in ('backbone', 'head')
        for m in getattr(model.network, part).modules())
    model.train_step(make_data(), optim)
    # In evaluation mode it may be in between, and is trained again.
    model.eval()
    model.train().train_step(make_data(), optim)
    changed = {
        name
        for name, value in model.network.state_dict().items()
        if not torch.equal(value, before[name])
    }
    weights = {name for name, _ in model.network.generator.named_parameters()}
    assert {f'generator.{name}' for name in weights} <= changed
    assert all(name.startswith('generator.') for name in changed)


def test_network_losses_do_not_reach_the_discriminator():
    model, _ = adversarial()
    losses = model(**model.data_preprocessor(make_data()), mode='loss')
    losses['loss_adv'].backward()
    assert all(p.grad is None for p in model.discriminator.parameters())
    assert model.network.generator.out_conv.weight.grad.abs().sum() > 0


def test_discriminator_steps():
    counts = {}
    for steps in (1, 3):
        model, optim = adversarial(discriminator_steps=steps)
        calls = []
        model.discriminator.register_forward_hook(
            lambda *a, calls=calls: calls.append(1))
        model.train_step(make_data(), optim)
        counts[steps] = len(calls)
    # One pass per step (real and fake), and one for the network.
    assert counts == {1: 2, 3: 4}


def test_real_image_of_the_discriminator():
    """Without a pair it is the source with its label."""
    model, _ = adversarial()
    seen = []
    model.discriminator.register_forward_hook(
        lambda _, args, out: seen.append(args))
    data = model.data_preprocessor(make_data())
    _, fake = model(**data, mode='loss_g')
    seen.clear()
    model(**data, mode='loss_d', fake=fake)
    (images, scores), = seen
    real, shown = images[:4], scores[:4]
    torch.testing.assert_close(shown.argmax(1), torch.tensor([1, 1, 2, 3]))
    torch.testing.assert_close(real[1], data['inputs'][1])
    torch.testing.assert_close(
        real[0], to_network_range(data['data_samples'][0].gt_img))


def test_a_mixed_target_has_no_real_example():
    """It does not count in the paired losses, and shows no expression."""
    model, _ = adversarial(
        loss_identity=dict(type='mmfermtl.PixelLoss'),
        loss_syn=dict(type='mmfermtl.CrossEntropyLoss'))
    data, seen = make_data(), []
    sample = data['data_samples'][1]
    sample.set_target_score(torch.tensor([0., .25, 0., .75]))
    sample.set_metainfo(dict(mixed_target=True))
    batch = model.data_preprocessor(data, True)
    part = batch['targets'].real
    assert part.mixed.tolist() == [False, True, False, False]
    assert part.paired.tolist() == [True, False, True, False]
    assert part.identity.tolist() == [False, False, True, True]
    assert part.target[1].tolist() == [0., .25, 0., .75]
    eye = torch.eye(4)
    zeros = torch.zeros(4)
    assert part.condition().tolist() == torch.stack(
        [eye[1], zeros, eye[2], eye[3]]).tolist()
    # Discriminated by zeros, as is the real source in its place.
    assert part.shown().tolist() == part.condition().tolist()
    forward = model.discriminator.forward
    model.discriminator.forward = lambda *args: seen.append(args) or forward(
        *args)
    losses, fake = model(**batch, mode='loss_g')
    assert losses['loss_syn'] > 0
    model(**batch, mode='loss_d', fake=fake)
    assert torch.equal(seen[0][1], part.condition())
    images, scores = seen[1]
    assert torch.equal(images[1], batch['inputs'][1])
    assert torch.equal(scores, part.condition().repeat(2, 1))


def test_one_optimizer_for_two_parts_is_refused():
    model, _ = adversarial()
    single = OptimWrapper(torch.optim.SGD(model.parameters(), 0.1))
    with pytest.raises(TypeError, match='MultiOptimWrapperConstructor'):
        model.train_step(make_data(), single)


def test_adversarial_model_needs_a_generator():
    with pytest.raises(ValueError, match='needs a generator'):
        AdversarialFERMTL(
            FERMTLNetwork(nn.Identity(), nn.Identity()), FESDiscriminator(3))


def test_a_compiled_network_is_the_same():
    """Options go to torch.compile; names and losses stay as they are."""
    plain = make_model(**ALL_LOSSES)
    network = dict(NETWORK, compile=dict(backend='eager'))
    compiled = MODELS.build(
        dict(type='mmfermtl.FERMTL', network=network, **ALL_LOSSES))
    compiled.load_state_dict(plain.state_dict(), strict=True)
    seen = []
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    for model in (plain, compiled):
        data = model.data_preprocessor(make_data(), training=True)
        losses = model(**data, mode='loss')
        sum(losses.values()).backward()
        seen.append({k: v.item() for k, v in losses.items()})
    assert seen[1] == pytest.approx(seen[0], rel=1e-5)
    assert torch._dynamo.utils.counters['stats']['unique_graphs'] > 0
    for a, b in zip(plain.parameters(), compiled.parameters()):
        torch.testing.assert_close(a.grad, b.grad)


def test_a_change_mask_gets_the_source():
    """In both passes of a step: the cycle's source is the generated image."""
    network = dict(
        NETWORK, generator=dict(NETWORK['generator'], change_mask=True))
    model = make_model(network=network, **ALL_LOSSES).train()
    with torch.no_grad():
        model.network.generator.mask_conv.weight.zero_()
        model.network.generator.mask_conv.bias.fill_(-100.)
    data = model.data_preprocessor(make_data(), True)
    losses, fake = model.loss_and_fake(**data)
    torch.testing.assert_close(fake, data['inputs'])
    assert losses['loss_cyc'] == 0
