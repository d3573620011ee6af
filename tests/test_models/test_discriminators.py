"""The discriminator: patch map, condition."""
import pytest
import torch

from mmfermtl.models import FESDiscriminator


def test_patch_map_and_condition():
    net = FESDiscriminator(6, 3, channels=(8, 8, 8, 8))
    img = torch.rand(2, 3, 96, 96)
    first = net(img, torch.eye(6)[:2])
    assert first.shape == (2, 1, 6, 6)
    assert not torch.allclose(first, net(img, torch.eye(6)[2:4]))


def test_size_of_the_release():
    """Counted on the release of 2021 with six classes and colour."""
    net = FESDiscriminator(6, 3)
    assert sum(p.numel() for p in net.parameters()) == 2_770_881


def test_two_scales():
    torch.manual_seed(0)
    net = FESDiscriminator(6, 3, channels=(4, 4), scales=2)
    img, score = torch.rand(2, 3, 16, 16), torch.eye(6)[:2]
    fine, coarse = net(img, score)
    assert fine.shape == (2, 1, 4, 4) and coarse.shape == (2, 1, 2, 2)
    # The second one sees means of 2 x 2 pixels.
    single = FESDiscriminator(6, 3, channels=(4, 4))
    single.layers.load_state_dict(net.coarser[0].state_dict())
    half = img.reshape(2, 3, 8, 2, 8, 2).mean((3, 5))
    torch.testing.assert_close(single(half, score), coarse)
    single.load_state_dict(net.state_dict(), strict=False)
    torch.testing.assert_close(single(img, score), fine)
    # Images of a batch do not depend on each other.
    for one, both in zip(net(img[1:], score[1:]), (fine, coarse)):
        torch.testing.assert_close(one, both[1:])


def test_images_too_small_for_the_scales():
    net = FESDiscriminator(0, 1, channels=(4, 4, 4, 4), scales=2)
    with pytest.raises(ValueError, match='fewer `channels` or `scales`'):
        net(torch.rand(2, 1, 48, 48))
    net = FESDiscriminator(0, 1, channels=(4, 4, 4), scales=2)
    assert [m.shape[-1] for m in net(torch.rand(2, 1, 48, 48))] == [6, 3]
    with pytest.raises(ValueError, match='scales=0'):
        FESDiscriminator(0, scales=0)


def test_unconditional():
    net = FESDiscriminator(0, 1, channels=(4, 4))
    assert net(torch.rand(2, 1, 48, 48)).shape == (2, 1, 12, 12)


def test_missing_or_wrong_condition():
    net = FESDiscriminator(6, 1, channels=(4, ))
    with pytest.raises(ValueError, match='got None'):
        net(torch.rand(2, 1, 48, 48))
    with pytest.raises(ValueError, match=r'\(2, 6\), got \(2, 7\)'):
        net(torch.rand(2, 1, 48, 48), torch.eye(7)[:2])
