"""Images without a label train synthesis, but not recognition."""
import pytest
import torch
from mmengine.optim import OptimWrapper
from tiny_fermtl import (ALL_LOSSES, NETWORK, E, adversarial, make_data,
                         make_model)
from torch import nn

from mmfermtl.models.multitask.sample_labels import (is_labelled,
                                                     source_scores,
                                                     targets_identity)
from mmfermtl.registry import MODELS
from mmfermtl.structures import ExpressionDataSample, to_network_range


def mixed_data(labelled=(True, False, True, False)):
    """A batch of which some have label -1 or none; all have a target."""
    data = make_data(4)
    data['data_samples'][3].set_target_label(0)
    for k, (sample, keep) in enumerate(zip(data['data_samples'], labelled)):
        if not keep:
            sample.pop('gt_label')
            if k % 2:
                sample.set_gt_label(-1)
    return data


def rows(data, picks):
    return {k: [v[i] for i in picks] for k, v in data.items()}


def test_classification_loss_is_that_of_the_labelled_samples():
    """All images are normalised together, the labelled ones count."""
    model = make_model().train()
    data = model.data_preprocessor(mixed_data())
    losses, _ = model.loss_and_fake(**data)
    feats = model.network(data['inputs']).fer_feats
    expected = model.network.head.loss(
        tuple(f[[0, 2]] for f in feats),
        [data['data_samples'][i] for i in (0, 2)])
    torch.testing.assert_close(losses['loss_fer'], expected['loss_fer'])
    everything = model.network.head(feats)[[0, 2]]
    assert not torch.allclose(
        everything, model.network.head(tuple(f[[0, 2]] for f in feats)))


@pytest.mark.parametrize('neck', [False, True])
def test_a_batch_without_labels_does_not_change_the_head(neck):
    """A zero gradient, not a missing one, and no trace in the statistics;
    mmpretrain's heads likewise."""
    network = dict(NETWORK)
    if neck:
        network.update(
            neck=dict(type='mmpretrain.GlobalAveragePooling'),
            head=dict(
                type='mmpretrain.LinearClsHead',
                in_channels=8,
                num_classes=E,
                loss=dict(type='mmpretrain.CrossEntropyLoss')))
    model = make_model()
    if neck:
        model = MODELS.build(dict(type='mmfermtl.FERMTL', network=network))
    model.train()
    before = {k: v.clone() for k, v in model.network.head.named_buffers()}
    data = model.data_preprocessor(mixed_data([False] * 4))
    losses = model(**data, mode='loss')
    assert losses['loss_fer'] == 0 and losses['loss_rec'] > 0
    sum(losses.values()).backward()
    for name, parameter in model.network.named_parameters():
        assert parameter.grad is not None, name
        if name.startswith('head.'):
            assert not parameter.grad.any(), name
    for name, value in model.network.head.named_buffers():
        if 'num_batches' not in name:
            torch.testing.assert_close(value, before[name])


def test_recognition_only_accepts_them_too():
    cfg = dict(NETWORK, generator=None)
    model = MODELS.build(dict(type='mmfermtl.FERMTL', network=cfg))
    model.network.backbone.branches = 'fer'
    data = model.data_preprocessor(mixed_data([False] * 4))
    assert model(**data, mode='loss')['loss_fer'] == 0


def test_which_samples_count_in_other_losses():
    """All pairs count, but only labelled samples in identity and cycle."""
    seen = {}

    class Spy(nn.Module):

        def __init__(self, name):
            super().__init__()
            self.name = name

        def forward(self, pred, target, mask, source=None):
            seen[self.name] = mask.tolist()
            return pred.sum() * 0

    model = make_model(
        loss_rec=Spy('rec'),
        loss_identity=Spy('identity'),
        loss_cyc=Spy('cyc'))
    data = mixed_data([False, False, True, False])
    model(**model.data_preprocessor(data), mode='loss')
    assert seen == dict(
        rec=[True, False, False, False],
        identity=[False, False, True, False],
        cyc=[False, False, True, False])


def test_cycle_loss_does_not_depend_on_unlabelled_sources():
    """In evaluation mode the rows do not meet in any batch norm."""
    model = make_model(loss_cyc=dict(type='mmfermtl.PixelLoss')).eval()
    data = mixed_data()
    few = rows(mixed_data(), (0, 2))
    found = [
        model(**model.data_preprocessor(d), mode='loss')['loss_cyc']
        for d in (data, few)
    ]
    torch.testing.assert_close(*found)


def test_samples():
    minus = ExpressionDataSample().set_gt_label(-1).set_target_label(2)
    none = ExpressionDataSample().set_target_label(1)
    soft = ExpressionDataSample().set_gt_score([0.5, 0.5, 0., 0.])
    soft.set_target_label(0)
    hard = ExpressionDataSample().set_gt_label(3)
    samples = [minus, none, soft, hard]
    assert [is_labelled(s) for s in samples] == [False, False, True, True]
    assert [targets_identity(s)
            for s in samples] == [False, False, False, True]
    scores = source_scores(samples, E, torch.device('cpu'))
    torch.testing.assert_close(scores[[0, 1, 3]], torch.eye(E)[[2, 1, 3]])
    torch.testing.assert_close(scores[2], soft.gt_score)


def test_no_label_and_no_target_is_an_error():
    data = make_data(4)
    data['data_samples'][3].set_gt_label(-1)
    model = make_model()
    with pytest.raises(ValueError, match='gt_label is .*-1.*`pairs`'):
        model(**model.data_preprocessor(data), mode='loss')


def test_discriminator_uses_real_images_of_known_expression():
    model, _ = adversarial()
    seen = []
    model.discriminator.register_forward_hook(
        lambda _, args, out: seen.append(args))
    data = model.data_preprocessor(mixed_data([False, False, True, True]))
    _, fake = model(**data, mode='loss_g')
    seen.clear()
    model(**data, mode='loss_d', fake=fake)
    # Real examples and generated images share a pass.
    (images, scores), = seen
    real, generated = images.split([3, 4])
    shown, target = scores.split([3, 4])
    # The first has a paired image; the second neither pair nor label.
    assert shown.argmax(1).tolist() == [1, 2, 3]
    torch.testing.assert_close(
        real[0], to_network_range(data['data_samples'][0].gt_img))
    torch.testing.assert_close(real[2], data['inputs'][3])
    torch.testing.assert_close(generated, fake)
    assert target.argmax(1).tolist() == [1, 3, 2, 0]


def test_discriminator_that_mixes_a_batch_gets_two_passes():
    model, _ = adversarial()
    data = model.data_preprocessor(make_data())
    _, fake = model(**data, mode='loss_g')
    losses = []
    for shared in (True, False):
        model.discriminator.independent_images = shared
        passes = []
        hook = model.discriminator.register_forward_hook(
            lambda *args: passes.append(args))
        losses.append(model(**data, mode='loss_d', fake=fake)['loss_dis'])
        hook.remove()
        assert len(passes) == (1 if shared else 2)
    torch.testing.assert_close(*losses)


def test_discriminator_has_no_loss_without_any_real_example():
    model, _ = adversarial()
    data = rows(mixed_data([False] * 4), (1, 3))
    data = model.data_preprocessor(data)
    loss = model(**data, mode='loss_d', fake=data['inputs'])['loss_dis']
    assert loss == 0
    loss.backward()
    for parameter in model.discriminator.parameters():
        assert parameter.grad is not None and not parameter.grad.any()


@pytest.mark.parametrize('labelled', [(True, False, True, False),
                                      (False, ) * 4])
@pytest.mark.parametrize('cls', ['FERMTL', 'AdversarialFERMTL'])
def test_two_iterations(cls, labelled):
    if cls == 'FERMTL':
        model = make_model(**ALL_LOSSES)
        optim = OptimWrapper(torch.optim.SGD(model.parameters(), 0.01))
    else:
        model, optim = adversarial(**ALL_LOSSES)
    model.train()
    before = model.network.generator.out_conv.weight.detach().clone()
    for _ in range(2):
        log = model.train_step(mixed_data(labelled), optim)
        assert all(torch.isfinite(torch.as_tensor(v)) for v in log.values())
    assert not torch.equal(before, model.network.generator.out_conv.weight)
