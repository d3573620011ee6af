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


def test_unconditional():
    net = FESDiscriminator(0, 1, channels=(4, 4))
    assert net(torch.rand(2, 1, 48, 48)).shape == (2, 1, 12, 12)


def test_missing_or_wrong_condition():
    net = FESDiscriminator(6, 1, channels=(4, ))
    with pytest.raises(ValueError, match='got None'):
        net(torch.rand(2, 1, 48, 48))
    with pytest.raises(ValueError, match=r'\(2, 6\), got \(2, 7\)'):
        net(torch.rand(2, 1, 48, 48), torch.eye(7)[:2])
