"""The losses, against their formulas."""
import pytest
import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from tiny_fermtl import make_model
from torch import nn

from mmfermtl.models import (AdversarialLoss, ConvFLUBackbone,
                             CrossEntropyLoss, FeatureLoss, GradientPenalty,
                             PixelLoss, R1Penalty)
from mmfermtl.registry import MODELS


@pytest.mark.parametrize('norm, f', [('l1', F.l1_loss), ('mse', F.mse_loss)])
def test_pixel_loss_counts_masked_samples_only(norm, f):
    loss = PixelLoss(norm, loss_weight=0.5)
    a, b = torch.rand(2, 4, 1, 6, 6)
    torch.testing.assert_close(loss(a, b), 0.5 * f(a, b))
    mask = torch.tensor([True, False, True, False])
    torch.testing.assert_close(loss(a, b, mask), 0.5 * f(a[mask], b[mask]))


def test_focus_weighs_pixels_that_change():
    source, target = torch.full((1, 1, 1, 2), -1.), torch.tensor([[[[-1.,
                                                                     1.]]]])
    pred = target + 0.5
    # The first pixel stays (weight 1), the second changes fully (weight 4).
    loss = PixelLoss(focus=3.)
    assert loss(pred, target, source=source) == 0.5 * (1 + 4) / 2
    assert loss(pred, target) == 0.5


def test_regions_weigh_parts_of_the_face():
    regions = dict(
        mouth=4., nose=dict(weight=2., box=(0.25, 0.25, 0.75, 0.75)))
    pred = torch.zeros(1, 1, 8, 8, requires_grad=True)
    (64 * PixelLoss(regions=regions)(pred, pred.detach() + 1)).backward()
    weights = -pred.grad[0, 0]
    # Rows 2 to 5 of the nose; mouth: rows 5 to 7, columns 2 to 5.
    assert weights[2:5, 2:6].eq(2).all()
    assert weights[5:8, 2:6].eq(4).all()  # the larger weight counts
    assert weights.sum() == 64 + 12 + 3 * 12
    # Times the weight of the focus.
    loss = PixelLoss(regions=dict(all=dict(weight=3., box=(0, 0, 1, 1))))
    source, target = -torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    assert loss(target - .5, target, source=source) == 1.5
    loss.focus = 3.
    assert loss(target - .5, target, source=source) == 6.


def test_wrong_regions_are_named():
    with pytest.raises(ValueError, match="'nose' has no box"):
        PixelLoss(regions=dict(nose=2.))
    with pytest.raises(ValueError, match="of region 'mouth'"):
        PixelLoss(regions=dict(mouth=dict(weight=2., box=(0, 1, 1, 0.5))))


def test_gradients_penalise_blur():
    edge = torch.tensor([[[[-1., -1., 1., 1.]]]])
    blurred = torch.tensor([[[[-1., -.5, .5, 1.]]]])
    # Differences: of values 0, .5, -.5, 0, of slopes .5, -1, .5 and none.
    plain, sharp = PixelLoss(), PixelLoss(gradient=2., loss_weight=3.)
    assert plain(blurred, edge) == 0.25
    assert sharp(blurred, edge) == 3 * (0.25 + 2 * (0.5 + 1 + 0.5) / 2 / 4)
    # A constant shift has no gradient; a column counts as a row.
    assert sharp(edge + .5, edge) == 1.5
    torch.testing.assert_close(
        sharp(blurred.mT, edge.mT), sharp(blurred, edge))
    squared = PixelLoss('mse', gradient=2.)
    assert squared(blurred, edge) == .125 + 2 * 1.5 / 2 / 4


def test_no_pair_gives_zero_with_a_graph():
    a = torch.rand(2, 1, 6, 6, requires_grad=True)
    loss = PixelLoss()(a, torch.rand(2, 1, 6, 6), torch.zeros(2).bool())
    loss.backward()
    assert loss == 0 and a.grad.abs().sum() == 0


def test_feature_loss_trains_only_the_image():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    loss = FeatureLoss(network, in_channels=1, loss_weight=2.)
    loss.train()
    a = torch.rand(2, 3, 8, 8, requires_grad=True)
    b = torch.rand(2, 3, 8, 8)
    weight = torch.tensor([.114, .587, .299]).view(1, 3, 1, 1)
    with torch.no_grad():
        want = 2 * F.mse_loss(
            network(
                (a * weight).sum(1, True)), network((b * weight).sum(1, True)))
    value = loss(a, b)
    torch.testing.assert_close(value, want)
    value.backward()
    assert a.grad.abs().sum() > 0
    assert all(p.grad is None for p in network.parameters())
    assert network[1].num_batches_tracked == 0
    assert loss(a, b, torch.zeros(2).bool()) == 0


@pytest.mark.parametrize(
    'init_cfg', [
        None,
        dict(type='Normal', layer='Conv2d', std=9.),
    ], ids=str)
@pytest.mark.parametrize('build', [
    lambda: ConvFLUBackbone(
        stem_channels=(4, ), channels=(4, 4, 4), branches='fer', sharing=None),
    lambda: MODELS.build(dict(type='mmpretrain.ResNet', depth=18)),
    lambda: ConvModule(1, 2, 3),
])
def test_feature_loss_keeps_its_checkpoint(tmp_path, build, init_cfg):
    """A runner initialises the model, and the layers of its `init_cfg`."""
    path = str(tmp_path / 'network.pth')
    make_model()  # sets the seed and the scope
    state = build().state_dict()
    torch.save(state, path)
    model = make_model(
        init_cfg=init_cfg,
        loss_feat=dict(
            type='mmfermtl.FeatureLoss', network=build(), checkpoint=path))
    model.init_weights()
    for name, value in model.loss_feat.network.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_feature_loss_takes_backbones_that_return_tuples():

    class Pyramid(nn.Module):

        def forward(self, x):
            return x, x.mean(1, keepdim=True)

    a, b = torch.rand(2, 2, 1, 4, 4)
    loss = FeatureLoss(Pyramid(), in_channels=3, norm='l1', loss_weight=1)
    torch.testing.assert_close(loss(a, b), F.l1_loss(a, b))


@pytest.mark.parametrize('mode, good, bad', [
    ('lsgan', 1., 0.),
    ('hinge', 1., -1.),
    ('nonsaturating', 20., -20.),
    ('wgan', 1., -1.),
])
def test_adversarial_loss_is_least_for_a_perfect_discriminator(
        mode, good, bad):
    loss = AdversarialLoss(mode)
    real, fake = torch.full((2, 1, 3, 3), good), torch.full((2, 1, 3, 3), bad)
    assert loss.discriminator_loss(real, fake) < 1e-6
    assert loss.discriminator_loss(fake, real) >= 1
    assert loss(real) < loss(fake)


def test_least_squares_of_the_release():
    real, fake = torch.randn(2, 4, 1, 3, 3)
    loss = AdversarialLoss(loss_weight=0.3)
    want = (F.mse_loss(real, torch.ones_like(real)) +
            F.mse_loss(fake, torch.zeros_like(fake))) / 2
    torch.testing.assert_close(loss.discriminator_loss(real, fake), want)
    torch.testing.assert_close(
        loss(fake), 0.3 * F.mse_loss(fake, torch.ones_like(fake)))


def test_scales_are_averaged():
    real, fake = torch.randn(2, 4, 1, 3, 3)
    coarse = torch.randn(4, 1, 2, 2)
    loss = AdversarialLoss(loss_weight=0.3)
    torch.testing.assert_close(
        loss((fake, coarse)), (loss(fake) + loss(coarse)) / 2)
    torch.testing.assert_close(
        loss.discriminator_loss((real, coarse), (fake, coarse)),
        (loss.discriminator_loss(real, fake) +
         loss.discriminator_loss(coarse, coarse)) / 2)


@pytest.mark.parametrize('mode', ['lsgan', 'hinge', 'nonsaturating', 'wgan'])
def test_mismatched_images_share_the_weight_of_generated_ones(mode):
    real, fake, wrong = torch.randn(3, 4, 1, 3, 3)
    loss = AdversarialLoss(mode).discriminator_loss
    counts = torch.tensor([True, False, True, False])
    want = (loss(real, fake) + loss(real, wrong[counts])) / 2
    torch.testing.assert_close(loss(real, fake, wrong, counts), want)
    torch.testing.assert_close(
        loss(real, fake, wrong), (loss(real, fake) + loss(real, wrong)) / 2)
    scales = loss((real, fake), (fake, real), (wrong, real), counts)
    torch.testing.assert_close(scales,
                               (want + loss(fake, real, real, counts)) / 2)
    # Where none counts, the generated ones have the whole weight.
    none = loss(real, fake, wrong.requires_grad_(), counts & False)
    torch.testing.assert_close(none, loss(real, fake))
    none.backward()
    assert none.isfinite() and not wrong.grad.any()


def test_wasserstein_distance():
    real, fake = torch.randn(2, 4, 1, 3, 3)
    loss = AdversarialLoss('wgan', loss_weight=2.)
    torch.testing.assert_close(
        loss.discriminator_loss(real, fake),
        fake.mean() - real.mean())
    torch.testing.assert_close(loss(fake), -2 * fake.mean())


def test_gradient_penalty_of_a_linear_discriminator():
    real, fake = torch.rand(2, 3, 1, 2, 2)
    weight = torch.tensor([[[[3., 0.], [0., 4.]]]], requires_grad=True)
    penalty = GradientPenalty(loss_weight=10.)
    # The gradient is the weight, of length 5, at all points.
    value = penalty(lambda x: F.conv2d(x, weight), real, fake)
    assert value.item() == pytest.approx(10 * (5 - 1)**2)
    value.backward()
    # d/dw of 10 (|w| - 1)^2.
    torch.testing.assert_close(weight.grad, 20 * 4 * weight.detach() / 5)
    # Of the sum over patches and scales; and of points between the images.
    two = penalty(lambda x: (F.conv2d(x, weight), F.conv2d(x, weight)), real,
                  fake)
    assert two.item() == pytest.approx(10 * (10 - 1)**2)
    squares = penalty(lambda x: x.square().sum((1, 2, 3)) / 2, real, real)
    length = real.flatten(1).norm(dim=1)
    assert squares.item() == pytest.approx(10 *
                                           (length - 1).square().mean().item())


def test_r1_penalty_is_the_squared_gradient_at_real_images():
    real, fake = torch.rand(2, 8, 1, 2, 2)
    weight = torch.tensor([[[[3., 0.], [0., 4.]]]], requires_grad=True)
    penalty = R1Penalty(loss_weight=10., share=1.)
    value = penalty(lambda x: F.conv2d(x, weight), real, fake)
    assert value.item() == pytest.approx(10 / 2 * 5**2)
    value.backward()
    # d/dw of 10 / 2 |w|^2.
    torch.testing.assert_close(weight.grad, 10 * weight.detach())
    # Of the mean over patches and scales, however many there are.
    many = penalty(
        lambda x:
        (F.conv2d(x, weight).expand(-1, -1, 3, 3), F.conv2d(x, weight)), real,
        fake)
    assert many.item() == pytest.approx(value.item())
    # At the real images, not at the generated ones.
    squares = penalty(
        lambda x: x.square().sum((1, 2, 3))[:, None, None, None] / 2, real,
        fake)
    size = real.flatten(1).square().sum(1)
    assert squares.item() == pytest.approx(5 * size.mean().item())


def test_r1_penalty_of_a_share_of_the_batch():
    real, fake = torch.rand(2, 5, 1, 2, 2)
    seen = []

    def discriminate(points):
        seen.append(points.detach())
        return points

    R1Penalty(share=0.25)(discriminate, real, fake)
    torch.testing.assert_close(seen, [real[:2]])
    with pytest.raises(ValueError, match=r'give a number in \(0, 1\]'):
        R1Penalty(share=0)


def test_cross_entropy():
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 2])
    loss = CrossEntropyLoss(0.1, class_weight=(1., 2., 3.), loss_weight=2.)
    torch.testing.assert_close(
        loss(logits, target), 2 * F.cross_entropy(
            logits, target, torch.tensor([1., 2., 3.]), label_smoothing=0.1))
    torch.testing.assert_close(
        CrossEntropyLoss()(logits, F.one_hot(target, 3).float()),
        F.cross_entropy(logits, target))


@pytest.mark.parametrize('build', [
    lambda: PixelLoss('l3'), lambda: AdversarialLoss('gan'),
    lambda: FeatureLoss(nn.Identity(), norm='l3')
])
def test_unknown_modes_are_refused(build):
    with pytest.raises(ValueError, match='give '):
        build()
