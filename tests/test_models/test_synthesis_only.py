"""The network without a head: single-task synthesis."""
import pytest
import torch
from tiny_fermtl import NETWORK, E, make_data
from torch import nn

from mmfermtl.models import FERMTLNetwork
from mmfermtl.registry import MODELS

GENERATOR = dict(
    NETWORK,
    backbone=dict(NETWORK['backbone'], branches='fes', sharing=None),
    head=None)


def make_generator_model(network=GENERATOR, **kwargs):
    torch.manual_seed(0)
    return MODELS.build(
        dict(type='mmfermtl.FERMTL', network=network, **kwargs))


def test_losses_are_those_of_synthesis():
    model = make_generator_model(
        loss_identity=dict(type='mmfermtl.PixelLoss'),
        loss_cyc=dict(type='mmfermtl.PixelLoss', norm='mse'))
    losses = model(**model.data_preprocessor(make_data()), mode='loss')
    assert set(losses) == {'loss_rec', 'loss_identity', 'loss_cyc'}
    model.parse_losses(losses)[0].backward()
    assert all(p.grad is not None for p in model.network.parameters())


def test_predict_generates_and_does_not_classify():
    model = make_generator_model().eval()
    data = model.data_preprocessor(make_data())
    with torch.no_grad():
        out = model(**data, mode='predict')
        fake = model(**data)
        everything = model.predict(data['inputs'], synthesis='all')
        nothing = model.predict(data['inputs'], synthesis=None)
    assert out[0].fake_img.shape == (1, 32, 32)
    assert 'pred_label' not in out[0]
    assert fake.shape == (4, 1, 32, 32)
    assert everything[0].fake_imgs.shape == (E, 1, 32, 32)
    assert len(nothing) == 4 and 'fake_img' not in nothing[0]


def test_a_generator_with_both_branches_needs_no_head():
    """ConvFLU still adds the features of the other branch."""
    model = make_generator_model(dict(NETWORK, head=None))
    losses = model(**model.data_preprocessor(make_data()), mode='loss')
    losses['loss_rec'].backward()
    backbone = model.network.backbone
    assert backbone.sharing[0].to_fes.from_giver.weight.grad is not None
    assert backbone.fer_stages[2].convs[0].conv.weight.grad is None


def test_the_same_images_as_with_a_head():
    pair = make_generator_model(
        dict(NETWORK, backbone=dict(NETWORK['backbone'], sharing=None)))
    fes_only = make_generator_model()
    missing, _ = fes_only.load_state_dict(pair.state_dict(), strict=False)
    assert missing == []
    inputs = fes_only.data_preprocessor(make_data())['inputs']
    with torch.no_grad():
        torch.testing.assert_close(
            *(model.eval().network(inputs, (torch.eye(E), )).fakes
              for model in (fes_only, pair)))


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match='set loss_syn=None'):
        make_generator_model(loss_syn=dict(type='mmfermtl.CrossEntropyLoss'))
    with pytest.raises(ValueError, match='nothing to do'):
        FERMTLNetwork(nn.Identity())
