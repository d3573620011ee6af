"""The interface of mmpretrain's classifiers, on our models."""
import pytest
import torch
from tiny_fermtl import NETWORK, E, adversarial, make_data, make_model
from torch import nn

from mmfermtl.models import BackboneEmbedder, ConvFLUBackbone
from mmfermtl.registry import MODELS
from mmfermtl.structures import match_channels, to_network_range, to_picture


def build(**network):
    torch.manual_seed(0)
    network = dict(NETWORK, **network)
    return MODELS.build(dict(type='mmfermtl.FERMTL', network=network)).eval()


RECOGNITION = dict(
    backbone=dict(NETWORK['backbone'], branches='fer'), generator=None)
SYNTHESIS = dict(
    backbone=dict(NETWORK['backbone'], branches='fes', sharing=None),
    head=None)
LINEAR = dict(
    neck=dict(type='mmpretrain.GlobalAveragePooling'),
    head=dict(
        type='mmpretrain.LinearClsHead',
        in_channels=8,
        num_classes=E,
        loss=dict(type='mmpretrain.CrossEntropyLoss')))
IMAGES = torch.rand(2, 1, 32, 32) * 2 - 1


@pytest.mark.parametrize('model', [
    pytest.param(lambda: build(**RECOGNITION), id='recognition'),
    pytest.param(lambda: build(), id='both'),
    pytest.param(lambda: adversarial()[0].eval(), id='adversarial'),
])
def test_stages_lead_to_the_logits(model):
    model = model()
    backbone = model.extract_feat(IMAGES, stage='backbone')
    assert [tuple(x.shape) for x in backbone] == [(2, 8, 2, 2)]
    assert len(backbone) == len(model.backbone.out_indices)
    neck = model.extract_feat(IMAGES)
    torch.testing.assert_close(neck[-1], backbone[-1])
    assert not model.with_neck and model.neck is None and model.with_head
    before = model.extract_feat(IMAGES, stage='pre_logits')
    assert before.shape == (2, 8)
    logits = model(IMAGES)
    assert logits.shape == (2, E) == (2, model.num_classes)
    torch.testing.assert_close(model.head(neck), logits)
    torch.testing.assert_close(model.head.fc(before), logits)
    scores = torch.stack([s.pred_score for s in model.predict(IMAGES)])
    torch.testing.assert_close(logits.softmax(1), scores)


def test_neck_and_head_of_mmpretrain():
    model = build(**LINEAR)
    assert model.with_neck and model.neck is model.network.neck
    assert model.extract_feat(IMAGES, stage='backbone')[-1].ndim == 4
    assert model.extract_feat(IMAGES)[-1].shape == (2, 8)
    before = model.extract_feat(IMAGES, stage='pre_logits')
    torch.testing.assert_close(model.head.fc(before), model(IMAGES))


def test_logits_whether_or_not_there_are_targets():
    """A tensor in every case, as CAM and exporters need it."""
    model = make_model().eval()
    data = model.data_preprocessor(make_data())
    logits = model(**data)
    torch.testing.assert_close(logits, model(data['inputs']))


def test_gradients_of_a_class_reach_a_layer():
    """As class activation maps need them."""
    model = make_model().eval()
    seen = []
    layer = model.get_submodule('network.backbone.fer_stages.2')
    layer.register_forward_hook(lambda *args: seen.append(args[-1]))
    logits = model(IMAGES)
    features, = seen
    grad, = torch.autograd.grad(logits[:, 1].sum(), features)
    assert grad.shape == features.shape and grad.abs().sum() > 0


def test_parts_are_registered_once():
    """Names of weights are those of older checkpoints."""
    model = make_model()
    assert model.backbone is model.network.backbone
    assert model.head is model.network.head
    assert [
        name for name, _ in model.named_children()
        if name in ('backbone', 'neck', 'head')
    ] == []
    assert all(
        key.split('.')[0] in ('network', 'data_preprocessor')
        for key in model.state_dict())


def test_features_of_a_network_for_synthesis_only():
    model = build(**SYNTHESIS)
    assert not model.with_head and model.num_classes == E
    for got, want in zip(
            model.extract_feat(IMAGES), model.backbone(IMAGES,
                                                       branches='fes')):
        torch.testing.assert_close(got, want)
    with pytest.raises(ValueError, match='pre_logits.*found no head'):
        model.extract_feat(IMAGES, stage='pre_logits')
    with pytest.raises(ValueError, match='no head.*samples with a target'):
        model(IMAGES)


@pytest.mark.parametrize('model', [
    pytest.param(lambda: build(**RECOGNITION), id='recognition'),
    pytest.param(lambda: build(), id='both'),
])
def test_embedder_of_a_classifier(model):
    model = model()
    images = to_picture(IMAGES)
    want = model.backbone(to_network_range(images), branches='fer')[-1]
    torch.testing.assert_close(
        BackboneEmbedder(model)(images), want.mean((2, 3)))
    with pytest.raises(ValueError, match='FERMTL has no recognition head'):
        BackboneEmbedder(build(**SYNTHESIS))


def test_wrong_options_are_named():
    model = make_model()
    with pytest.raises(ValueError, match="stage='logits'; give 'backbone'"):
        model.extract_feat(IMAGES, stage='logits')
    model.network.head = nn.Linear(1, 1)
    with pytest.raises(ValueError, match='FERHead, found Linear'):
        model.extract_feat(IMAGES, stage='pre_logits')


@pytest.mark.parametrize('branches', ['fer', 'both'])
def test_recognition_takes_grey_and_colour(branches):
    """mmpretrain's get_flops gives three channels to every network."""
    options = dict(NETWORK['backbone'], branches=branches)
    options.pop('type')
    colour = torch.rand(2, 3, 32, 32)
    grey = match_channels(colour, 1)
    torch.testing.assert_close(
        grey[:, 0],
        0.114 * colour[:, 0] + 0.587 * colour[:, 1] + 0.299 * colour[:, 2])
    net = ConvFLUBackbone(**options).eval()
    torch.testing.assert_close(net(colour, 'fer'), net(grey, 'fer'))
    if branches == 'both':
        # Images would be generated with the wrong channels.
        with pytest.raises(RuntimeError):
            net(colour)
    net = ConvFLUBackbone(in_channels=3, **options).eval()
    torch.testing.assert_close(
        net(grey, 'fer'), net(grey.expand(-1, 3, -1, -1), 'fer'))
