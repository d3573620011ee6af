"""Changes of the images of a discriminator."""
import pytest
import torch

from mmfermtl.models import DifferentiableAugment

NONE = dict(
    flip=0., rotation=0., zoom=0., shift=0., gain=0., brightness=0., noise=0.)


def images(n=4, height=8, width=8):
    torch.manual_seed(0)
    return torch.rand(n, 1, height, width) * 2 - 1


def only(**strengths):
    torch.manual_seed(1)
    return DifferentiableAugment(**{**NONE, **strengths})


def test_without_strengths_nothing_changes():
    img = images(height=6, width=9)
    torch.testing.assert_close(only()(img), img)


def test_flips_are_drawn_for_each_image():
    img = images(64)
    torch.testing.assert_close(only(flip=1.)(img), img.flip(3))
    out = only(flip=0.5)(img)
    flipped = (out - img.flip(3)).abs().amax((1, 2, 3)) < 1e-5
    torch.testing.assert_close(out[~flipped], img[~flipped])
    assert 16 < flipped.sum() < 48


@pytest.mark.parametrize('kind', ['gain', 'brightness'])
def test_brightness(kind):
    img = images(2000, 2, 2)
    out = only(**{kind: 0.1})(img)
    found = out / img if kind == 'gain' else out - img
    # One number an image.
    assert (found.amax((1, 2, 3)) - found.amin((1, 2, 3))).max() < 1e-2
    found = found[:, 0, 0, 0] - float(kind == 'gain')
    assert abs(found.mean()) < 0.01 and abs(found.std() - 0.1) < 0.01


def test_noise_is_drawn_for_each_pixel_and_its_strength_for_each_image():
    img = images(200, 32, 32)
    strength = (only(noise=0.1)(img) - img).std((1, 2, 3))
    assert strength.min() < 0.01 and 0.09 < strength.max() < 0.11


def test_a_turn_does_not_shear():
    """Distances are kept, in images that are no squares, too."""
    y, x = torch.meshgrid(torch.arange(20.), torch.arange(40.), indexing='ij')
    coordinates = torch.stack([x, y]).expand(8, -1, -1, -1)
    out = only(rotation=0.1)(coordinates)[:, :, 8:12, 15:25]
    right, down = out.diff(dim=3), out.diff(dim=2)
    for step in (right, down):
        torch.testing.assert_close(
            step.norm(dim=1), torch.ones_like(step[:, 0]))
    angle = torch.atan2(right[:, 1], right[:, 0])[:, 0, 0]
    assert 0.03 < angle.std() < 0.3
    # The zoom is the same in both directions.
    out = only(zoom=0.1)(coordinates)[:, :, 8:12, 15:25]
    torch.testing.assert_close(
        out.diff(dim=3)[:, 0, :3, :3],
        out.diff(dim=2)[:, 1, :3, :3])


def test_what_comes_in_is_a_mirror_image():
    out = only(shift=0.5)(torch.ones(16, 1, 8, 8))
    torch.testing.assert_close(out, torch.ones_like(out))
    shifted = only(shift=0.5)(images(16))
    assert (shifted - images(16)).abs().amax((1, 2, 3)).min() > 0.1


def test_only_in_training_and_from_the_global_generator():
    img, augment = images(), DifferentiableAugment()
    augment.eval()
    state = torch.get_rng_state()
    assert augment(img) is img
    assert torch.equal(torch.get_rng_state(), state)
    augment.train()
    runs = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        runs.append(augment(img))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_gradients_reach_the_images():
    img = images().requires_grad_()
    torch.manual_seed(0)
    DifferentiableAugment()(img).square().sum().backward()
    assert img.grad.abs().flatten(1).sum(1).min() > 0
