"""The discriminator of features: logits, frozen backbone, pretrained."""
import pytest
import torch
from mmengine.model import BaseModule
from tiny_fermtl import FEATURES, E, adversarial, make_data, make_model
from torch import nn

from mmfermtl.engine.optimizers import NoBiasDecayOptimWrapperConstructor
from mmfermtl.models import FeatureDiscriminator, StarGANDiscriminator
from mmfermtl.registry import MODELS

BACKBONE, IMAGE = FEATURES['backbone'], FEATURES['image']
CFG = dict(FEATURES, image=None, augment=None)


def build(**changes):
    torch.manual_seed(0)
    return MODELS.build(dict(CFG, **changes))


def inputs():
    torch.manual_seed(1)
    return torch.rand(3, 1, 32, 32) * 2 - 1, torch.eye(E)[:3]


def test_maps_of_all_stages_and_of_the_image():
    img, score = inputs()
    maps = build()(img, score)
    # Features of 8, 4 and 2 pixels; the first ones are halved.
    assert [tuple(m.shape) for m in maps] == [(3, 1, s, s) for s in (4, 4, 2)]
    net = build(image=IMAGE)
    both = net(img, score)
    assert [m.size(-1) for m in both] == [4, 4, 2, 8, 4]
    for found, alone in zip(both[3:], net.image(img, score)):
        torch.testing.assert_close(found, alone)
    assert [m.size(-1) for m in build(out_size=1)(img, score)] == [1, 1, 1]
    one = build(image=dict(IMAGE, scales=1))
    assert len(one(img, score)) == 4


def test_the_condition_is_an_inner_product():
    img, score = inputs()
    net = build()
    plain = net(img, torch.zeros(3, E))
    for head, feats, free, found in zip(net.heads, net.backbone(img), plain,
                                        net(img, score)):
        x = head.layers(feats)
        torch.testing.assert_close(free, head.out(x))
        fit = torch.einsum('nchw,nc->nhw', x, head.embed(score))
        torch.testing.assert_close(found, free + fit[:, None] / 4**0.5)
    unconditional = build(num_classes=0)
    assert len(unconditional(img)) == 3
    assert all('embed' not in name for name in unconditional.state_dict())


def test_the_backbone_is_frozen_and_gradients_pass_it():
    net = build(image=IMAGE).train()
    assert not any(m.training for m in net.backbone.modules())
    assert net.heads.training and net.image.training
    state = {k: v.clone() for k, v in net.backbone.state_dict().items()}
    img, score = inputs()
    sum(m.square().sum() for m in net(img.requires_grad_(), score)).backward()
    assert img.grad.abs().flatten(1).sum(1).min() > 0
    for name, parameter in net.named_parameters():
        frozen = name.startswith('backbone.')
        assert frozen == (parameter.grad is None), name
    for name, value in net.backbone.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_images_of_a_batch_do_not_depend_on_each_other():
    img, score = inputs()
    net = build(image=IMAGE).train()
    assert net.independent_images and build().independent_images
    for one, all_ in zip(net(img[1:2], score[1:2]), net(img, score)):
        torch.testing.assert_close(one, all_[1:2])
    assert not build(image=nn.Conv2d(1, 1, 1)).independent_images


def test_other_backbones_and_image_sizes():

    class Feature(BaseModule):

        def forward(self, x):
            assert x.size(1) == 3
            return x[:, :2, ::2, ::2]

    net = FeatureDiscriminator(0, Feature(), (24, 12), in_channels=3)
    assert [tuple(m.shape)
            for m in net(torch.rand(2, 3, 24, 12))] == [(2, 1, 6, 3)]


def test_logits_under_autocast():
    img, score = inputs()
    net = MODELS.build(FEATURES).train()
    with torch.autocast('cpu', torch.bfloat16):
        maps = net(img.requires_grad_(), score)
    assert all(m.dtype == torch.float32 for m in maps[:3])
    sum(m.float().sum() for m in maps).backward()
    assert img.grad.isfinite().all() and img.grad.abs().sum() > 0


def test_weights_of_a_recogniser(tmp_path):
    """Those of the network's backbone in a checkpoint of FERMTL."""
    network = dict(
        type='mmfermtl.FERMTLNetwork',
        backbone=dict(BACKBONE, out_indices=(-1, )),
        head=dict(type='mmfermtl.FERHead', in_channels=8, num_classes=E))
    recogniser = make_model(network=network, loss_rec=None)
    with torch.no_grad():
        recogniser.network.backbone.stem[0].bn.running_mean.fill_(0.5)
    path = str(tmp_path / 'epoch_1.pth')
    torch.save(dict(state_dict=recogniser.state_dict(), meta={}), path)
    weights = dict(
        type='Pretrained', checkpoint=path, prefix='network.backbone.')
    torch.manual_seed(7)
    net = MODELS.build(
        dict(CFG, backbone=dict(BACKBONE, init_cfg=weights), image=IMAGE))
    net.init_weights()
    trained = recogniser.network.backbone.state_dict()
    for name, value in net.backbone.state_dict().items():
        assert torch.equal(value, trained[name]), name
    assert not any(p.requires_grad for p in net.backbone.parameters())
    # With units it also has weights that no such recogniser has.
    shared = dict(BACKBONE, init_cfg=weights)
    del shared['sharing']
    with pytest.raises(ValueError, match='epoch_1.pth does not fit'):
        build(backbone=shared).init_weights()


def test_training_leaves_the_backbone_as_it_is():
    model, wrapper = adversarial(discriminator=FEATURES)
    model.train()
    weights = model.discriminator.state_dict()
    before = {k: v.clone() for k, v in weights.items()}
    logs = model.train_step(make_data(), wrapper)
    assert logs['loss_dis'].isfinite() and logs['loss_adv'].isfinite()
    for name, value in weights.items():
        same = torch.equal(value, before[name])
        assert same == name.startswith('backbone.'), name
    # The constructor of the shipped configs leaves frozen weights out.
    optimizer = NoBiasDecayOptimWrapperConstructor(
        dict(type='OptimWrapper',
             optimizer=dict(type='SGD',
                            lr=0.1)))(model.discriminator).optimizer
    found = {id(p) for g in optimizer.param_groups for p in g['params']}
    assert found == {
        id(p)
        for p in model.discriminator.parameters() if p.requires_grad
    }


def test_wrong_use_is_named():
    img, score = inputs()
    with pytest.raises(ValueError, match=r'\(3, 4\), got None'):
        build()(img)
    with pytest.raises(ValueError, match=r'\(3, 4\), got \(3, 3\)'):
        build()(img, score[:, :3])
    with pytest.raises(ValueError, match='StarGANDiscriminator gives'):
        build(image=StarGANDiscriminator(E, 32, channels=(4, )))
