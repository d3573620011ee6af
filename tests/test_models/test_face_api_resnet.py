"""The face recognition network of face-api as a backbone."""
import pytest
import torch
import torch.nn.functional as F

from mmfermtl.models import DualBackbone, FaceApiResNet


@pytest.fixture(scope='module')
def network():
    """The network that embeds, of random weights."""
    torch.manual_seed(0)
    network = FaceApiResNet()
    network.init_weights()
    return network.eval()


def test_stages_halve_the_side(network):
    images = torch.rand(2, 3, 64, 64)
    sizes = [(32, 32), (32, 16), (64, 8), (128, 4), (256, 2), (256, 1)]
    for stages, (channels, side) in enumerate(sizes, 1):
        backbone = FaceApiResNet(num_stages=stages)
        state = backbone.state_dict()
        backbone.load_state_dict({k: network.state_dict()[k] for k in state})
        feats, = backbone(images)
        assert feats.shape == (2, channels, side, side)
    # All weights are used, but those that embed.
    assert set(network.state_dict()) - set(state) == {'fc.weight'}


@pytest.mark.parametrize('stages', [0, 7])
def test_stages_that_it_lacks(stages):
    with pytest.raises(ValueError, match=f'num_stages={stages}; .* 1 to 6'):
        FaceApiResNet(num_stages=stages)


def test_the_weights_read_what_they_were_trained_to_read(network):
    """Padding changes what the published network cuts off, and no more."""
    backbone = FaceApiResNet(num_stages=3)
    backbone.load_state_dict(network.state_dict(), strict=False)
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            backbone.conv32_down(images),
            network.conv32_down(F.pad(images, [3] * 4)))
        feats = torch.randn(2, 32, 16, 16)
        wanted = network.blocks.conv64_down(feats)
        found = backbone.blocks.conv64_down(feats)
    assert found.shape == wanted.shape == (2, 64, 8, 8)
    torch.testing.assert_close(found[..., :6, :6], wanted[..., :6, :6])
    assert not torch.allclose(found[..., 7, :], wanted[..., 7, :])


def test_both_branches_begin_with_a_file(network, tmp_path):
    path = str(tmp_path / 'face_api.pth')
    torch.save(dict(state_dict=network.state_dict()), path)
    dual = DualBackbone(
        dict(type='mmfermtl.FaceApiResNet', num_stages=5),
        pretrained=path,
        mean=[122.782, 117.001, 104.298],
        std=[256.] * 3)
    dual.init_weights()
    for branch in (dual.fer_branch, dual.fes_branch):
        for key, value in branch.state_dict().items():
            assert torch.equal(value, network.state_dict()[key]), key
    assert [s.stride for s in dual.stages] == [2, 4, 8, 16, 32]
    images = torch.rand(2, 1, 96, 96) * 2 - 1
    (fer, ), fes = dual(images)
    assert fer.shape == (2, 256, 3, 3) and len(fes) == 5


def test_images_become_what_the_weights_expect(network):
    """Grey is repeated, and normalised."""
    mean = [122.782, 117.001, 104.298]
    dual = DualBackbone(
        dict(type='mmfermtl.FaceApiResNet', num_stages=2),
        branches='fer',
        sharing=None,
        mean=mean,
        std=[256.] * 3)
    images = torch.rand(2, 1, 96, 96) * 2 - 1
    pixels = (images + 1) * 127.5
    inputs = (pixels - torch.tensor(mean).view(3, 1, 1)) / 256
    torch.testing.assert_close(dual(images), dual.fer_branch(inputs))
