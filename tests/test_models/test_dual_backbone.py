"""Backbones of mmpretrain as the two branches."""
import pytest
import torch
from mmengine.registry import init_default_scope

from mmfermtl.models import ConvFLUExchange, DualBackbone
from mmfermtl.registry import MODELS

RESNET = dict(type='mmpretrain.ResNet', depth=18, base_channels=8)
FAMILIES = dict(
    resnet18=RESNET,
    resnet50=dict(
        type='mmpretrain.ResNet', depth=50, base_channels=8, expansion=1),
    resnet_v1d=dict(type='mmpretrain.ResNetV1d', depth=18, base_channels=8),
    resnet_cifar=dict(
        type='mmpretrain.ResNet_CIFAR', depth=18, base_channels=8),
    mobilenet_v3=dict(type='mmpretrain.MobileNetV3', arch='small'),
    mobilenet_v2=dict(type='mmpretrain.MobileNetV2', widen_factor=0.25),
    convnext=dict(
        type='mmpretrain.ConvNeXt',
        arch=dict(depths=[1, 1, 1, 1], channels=[8, 8, 16, 16]),
        gap_before_final_norm=False),
    efficientnet=dict(type='mmpretrain.EfficientNet', arch='b0'),
    shufflenet_v2=dict(type='mmpretrain.ShuffleNetV2', widen_factor=0.5))


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmpretrain')


def build(branch='resnet18', **kwargs):
    return DualBackbone(FAMILIES[branch], **kwargs)


@pytest.mark.parametrize('family', FAMILIES)
def test_a_branch_computes_the_same_as_the_backbone(family):
    """Without exchange, the stages compute the same as the backbone."""
    dual = build(family, sharing=None).eval()
    x = torch.randn(2, 3, 64, 64)
    (fer, ), fes = dual(x)
    with torch.no_grad():
        # BGR in, RGB to the backbone.
        wanted = dual.fer_branch(x.flip(1))[-1]
        torch.testing.assert_close(fer, wanted, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(
            fes[-1], dual.fes_branch(x.flip(1))[-1], rtol=1e-4, atol=1e-5)
    sides = [f.size(-1) for f in fes]
    assert all(a == 2 * b for a, b in zip(sides, sides[1:]))


@pytest.mark.parametrize('family', ['resnet18', 'mobilenet_v3', 'convnext'])
def test_both_branches_learn_from_both_tasks(family):
    dual = build(family).train()
    assert len(dual.sharing) == 3
    assert all(isinstance(m, ConvFLUExchange) for m in dual.sharing)
    (fer, ), fes = dual(torch.randn(2, 1, 64, 64))
    (fer.square().mean() + fes[-1].square().mean()).backward()
    idle = [n for n, p in dual.named_parameters() if p.grad is None]
    assert not idle
    dual.zero_grad()
    dual(torch.randn(2, 1, 64, 64))[0][0].square().mean().backward()
    first = next(dual.fes_branch.parameters())
    assert first.grad is not None and first.grad.abs().sum() > 0


@pytest.mark.parametrize('family', ['resnet18', 'mobilenet_v3', 'convnext'])
def test_fer_only_builds_and_computes_what_it_needs(family):
    both = build(family).eval()
    fer_only = build(family, branches='fer').eval()
    wanted = {k: v for k, v in both.state_dict().items()}
    missing = fer_only.load_state_dict(wanted, strict=False).missing_keys
    assert not missing
    assert len(fer_only.state_dict()) < len(wanted)
    x = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(fer_only(x)[-1], both(x)[0][-1])
        torch.testing.assert_close(
            both(x, branches='fer')[-1],
            fer_only(x)[-1])
        for a, b in zip(both(x, branches='fes'), both(x)[1]):
            torch.testing.assert_close(a, b)
    loss = fer_only.train()(x)[-1].square().mean()
    loss.backward()
    assert all(p.grad is not None for p in fer_only.parameters())


def test_common_stages():
    dual = build(shared_stages=1)
    assert dual.stem is not None
    stem = {id(p) for p in dual.stem.parameters()}
    assert stem <= {id(p) for p in dual.fer_branch.parameters()}
    dual(torch.randn(2, 1, 64, 64))[1][-1].sum().backward()
    assert dual.fer_branch.conv1.weight.grad is not None
    assert not list(dual.fes_branch.conv1.parameters())
    hard = build(sharing=dict(type='mmfermtl.HardSharing', depth=2))
    (fer, ), fes = hard(torch.randn(2, 1, 64, 64))
    assert hard.common == 2
    assert not list(hard.fes_branch.layer1.parameters())
    assert fer.shape == fes[-1].shape
    with pytest.raises(ValueError, match='nothing to exchange'):
        build(shared_stages=2)


@pytest.mark.parametrize('prefix', ['backbone.', ''])
def test_weights_are_loaded_into_both_branches(tmp_path, prefix):
    backbone = MODELS.build(RESNET)
    state = {prefix + k: v for k, v in backbone.state_dict().items()}
    state['head.fc.weight'] = torch.zeros(3, 3)
    path = str(tmp_path / 'resnet.pth')
    torch.save(dict(state_dict=state), path)
    dual = build(pretrained=path)
    dual.init_weights()
    for branch in (dual.fer_branch, dual.fes_branch):
        for name, value in branch.state_dict().items():
            assert torch.equal(value, backbone.state_dict()[name]), name
    del state[f'{prefix}conv1.weight']
    torch.save(dict(state_dict=state), path)
    with pytest.raises(ValueError, match='1 missing keys .conv1.weight'):
        build(pretrained=path).init_weights()
    with pytest.raises(ValueError, match='is not a file'):
        build(pretrained=str(tmp_path / 'no.pth')).init_weights()


def test_images_as_the_weights_expect_them():
    """[-1, 1] grey or BGR becomes normalised RGB."""
    dual = build(mean=[120., 110., 100.], std=[60., 50., 40.])
    grey = dual._prepare(torch.ones(1, 1, 64, 64))
    assert grey[0, :, 0, 0].tolist() == pytest.approx([(255 - 120) / 60,
                                                       (255 - 110) / 50,
                                                       (255 - 100) / 40])
    blue = torch.full((1, 3, 64, 64), -1.)
    blue[:, 0] = 1
    assert dual._prepare(blue)[0, :, 0, 0].tolist() == pytest.approx(
        [-2, -110 / 50, (255 - 100) / 40])


@pytest.mark.parametrize('kwargs, match', [
    (dict(branch=dict(type='mmpretrain.VGG', depth=11)), 'not among the'),
    (dict(branch=dict(type='mmpretrain.ConvNeXt', arch='atto')),
     'gap_before_final_norm=False'),
    (dict(branch=RESNET, chain=['conv1', 'layer9']), 'no child .layer9'),
    (dict(branch=RESNET, chain=['conv1', 'bn1', 'relu', 'layer1'
                                ]), 'run one after the other'),
    (dict(branch=dict(RESNET, out_indices=(1, ))), 'run one after the other'),
    (dict(branch=RESNET, branches='fes'), 'no other branch'),
    (dict(branch=RESNET, branches='left'), 'give one of'),
    (dict(branch=RESNET, mean=[0.]), 'neither'),
    (dict(branch=RESNET, exchange=(7, )), 'exchange'),
])
def test_bad_options(kwargs, match):
    with pytest.raises(ValueError, match=match):
        DualBackbone(**kwargs)


def test_an_unknown_backbone_by_the_names_of_its_children():
    chain = ['conv1', 'bn1', 'relu', 'maxpool']
    chain += [f'layer{i}' for i in range(1, 5)]
    x = torch.randn(1, 1, 64, 64)
    dual = DualBackbone(RESNET, chain=chain)
    assert [s.stride for s in dual.stages] == [2, 4, 8, 16, 32]
    with pytest.raises(ValueError, match='do not divide by 32'):
        dual(x[..., :48, :48])
