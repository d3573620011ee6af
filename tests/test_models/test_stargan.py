"""StarGAN by parts of ours: its networks, its losses, its training."""
import pytest
import torch
import torch.nn.functional as F
from host_reads import HostReads
from mmengine.registry import init_default_scope
from narrow import load_leaf, narrow_model
from tiny_fermtl import E, adversarial, make_data

from mmfermtl.engine import MultiOptimWrapperConstructor
from mmfermtl.models import (AdversarialLoss, GradientPenalty, ImageFeatures,
                             R1Penalty, StarGANDiscriminator, StarGANGenerator)
from mmfermtl.registry import MODELS


def stargan(**kwargs):
    """The model of the config at tiny width, for batches of 32 px."""
    torch.manual_seed(0)
    init_default_scope('mmpretrain')
    cfg = load_leaf('stargan_synthetic.py')
    narrow_model(cfg)
    cfg.model.data_preprocessor.image_size = 32
    cfg.model.network.generator.num_classes = E
    cfg.model.discriminator.update(num_classes=E, image_size=32)
    return MODELS.build({**cfg.model, **kwargs})


def optimizers(model, lr=1e-2):
    adam = dict(
        type='OptimWrapper',
        optimizer=dict(type='Adam', lr=lr, betas=(0.5, 0.999)))
    return MultiOptimWrapperConstructor(
        dict(network=dict(adam), discriminator=dict(adam)))(
            model)


def test_sizes_of_the_paper():
    """Counted by tables 4 and 5, for colour and five domains."""
    generator = StarGANGenerator(5, in_channels=3)
    norms = 2 * (64 + 128 + 256 + 12 * 256 + 128 + 64)
    weights = (49 * 8 * 64 + 16 * 64 * 128 + 16 * 128 * 256 +
               12 * 9 * 256 * 256 + 16 * 256 * 128 + 16 * 128 * 64 +
               49 * 64 * 3)
    assert sum(p.numel() for p in generator.parameters()) == weights + norms
    widths = (64, 128, 256, 512, 1024, 2048)
    discriminator = StarGANDiscriminator(5, 128, in_channels=3)
    weights = sum(16 * a * b + b for a, b in zip((3, *widths), widths))
    weights += 9 * 2048 + 2 * 2 * 2048 * 5
    assert sum(p.numel() for p in discriminator.parameters()) == weights


def test_shapes_and_targets():
    torch.manual_seed(0)
    img, score = torch.rand(2, 1, 48, 48) * 2 - 1, torch.eye(7)[:2]
    assert ImageFeatures()(img) == (img, )
    with pytest.raises(ValueError, match='set head=None'):
        ImageFeatures()(img, branches='both')
    generator = StarGANGenerator(7, channels=4)
    fake = generator((img, ), score)
    assert fake.shape == img.shape and fake.abs().max() <= 1
    assert not torch.allclose(fake, generator((img, ), score.flip(0)))
    net = StarGANDiscriminator(7, 48, channels=(4, 4, 4, 4))
    out = net(img)
    assert out.patches.shape == (2, 1, 3, 3) and out.classes.shape == (2, 7)
    torch.testing.assert_close(net(img[1:]).classes, out.classes[1:])
    with pytest.raises(ValueError, match='image_size=48 is too small'):
        StarGANDiscriminator(7, 48)


def test_losses_of_the_paper():
    """Equations 1 to 8, on samples with targets of all kinds."""
    model = stargan()
    batch = model.data_preprocessor(make_data(), True)
    part, x = batch['targets'].real, batch['inputs']
    assert part.paired.tolist() == [True, False, True, False]
    losses, fake = model(**batch, mode='loss_g')
    assert set(losses) == {'loss_adv', 'loss_cls', 'loss_cyc'}
    patches, classes = model.discriminator(fake)
    back = model.network(fake, (part.source, )).fakes[0]
    want = dict(
        loss_adv=-patches.mean(),
        loss_cls=F.cross_entropy(classes, part.target.argmax(1)),
        loss_cyc=10 * F.l1_loss(back, x))
    torch.testing.assert_close(losses, want)
    torch.manual_seed(5)
    found = model(**batch, mode='loss_d', fake=fake)
    # The sources are real, never their paired images.
    real, labels = model.discriminator(x)
    torch.manual_seed(5)
    alpha = torch.rand(4, 1, 1, 1)
    points = (alpha * x + (1 - alpha) * fake).detach().requires_grad_()
    total = model.discriminator(points).patches.sum()
    gradient, = torch.autograd.grad(total, points)
    length = gradient.square().sum((1, 2, 3)).sqrt()
    want = dict(
        loss_dis=patches.mean() - real.mean(),
        loss_dis_cls=F.cross_entropy(labels, part.source.argmax(1)),
        loss_gp=10 * (length - 1).square().mean())
    torch.testing.assert_close(found, want)


def test_a_source_of_unknown_expression_is_no_real_example():
    data = make_data()
    data['data_samples'][1].set_gt_label(-1)
    model = stargan(loss_gp=None)
    batch = model.data_preprocessor(data, True)
    rows, x = [0, 2, 3], batch['inputs']
    losses = model(**batch, mode='loss_d', fake=-x)
    real = model.discriminator(x[rows])
    torch.testing.assert_close(
        losses['loss_dis_cls'],
        F.cross_entropy(real.classes, torch.tensor([0, 2, 3])))
    torch.testing.assert_close(
        losses['loss_dis'],
        model.discriminator(-x).patches.mean() - real.patches.mean())
    # With the penalty the generated images of the same samples.
    stargan()(**batch, mode='loss_d', fake=-x)
    for sample in data['data_samples'][:3]:
        sample.set_gt_label(-1)
        sample.set_target_label(1)
    data = {k: v[:3] for k, v in data.items()}
    batch = model.data_preprocessor(data, True)
    losses = model(**batch, mode='loss_d', fake=-batch['inputs'])
    assert losses == dict(loss_dis=0)
    losses['loss_dis'].backward()


def test_a_step_trains_both_networks():
    model = stargan().train()
    wrapper, steps = optimizers(model), []
    gp = model.loss_gp.forward
    model.loss_gp.forward = lambda *args: steps.append(1) or gp(*args)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    logs = model.train_step(make_data(), wrapper)
    assert len(steps) == 5
    assert set(logs) == {
        'loss', 'loss_adv', 'loss_cls', 'loss_cyc', 'loss_dis', 'loss_gp',
        'loss_dis_cls'
    }
    torch.testing.assert_close(
        logs['loss'], logs['loss_adv'] + logs['loss_cls'] + logs['loss_cyc'])
    # The logit's difference alone does not depend on a bias.
    for name, value in model.state_dict().items():
        assert not torch.equal(value, before[name]), name


def test_training_and_checkpoint(tmp_path):
    model = stargan().train()
    wrapper = optimizers(model, 2e-3)
    logs = [model.train_step(make_data(), wrapper) for _ in range(8)]
    assert logs[-1]['loss_cyc'] < logs[0]['loss_cyc']
    torch.save(model.state_dict(), tmp_path / 'model.pth')
    other = stargan()
    other.load_state_dict(torch.load(tmp_path / 'model.pth'), strict=True)
    inputs = model.data_preprocessor(make_data())['inputs']
    with torch.no_grad():
        images = [
            torch.stack([
                sample.fake_imgs
                for sample in m.eval().predict(inputs, synthesis='all')
            ]) for m in (model, other)
        ]
    assert images[0].shape == (4, E, 1, 32, 32)
    assert torch.equal(*images)
    samples = other.predict(inputs, make_data()['data_samples'])
    assert samples[0].fake_img.dtype == torch.uint8


def test_nothing_is_read_on_the_host():
    """So that CUDA graphs can capture the passes, the penalty included."""
    model = stargan()
    data = model.data_preprocessor(make_data(), True)
    with HostReads():
        losses, fake = model(**data, mode='loss_g')
        model.parse_losses(losses)[0].backward()
        model.parse_losses(model(**data, mode='loss_d',
                                 fake=fake))[0].backward()


@pytest.mark.parametrize('penalty, mode', [
    (GradientPenalty(), 'wgan'),
    (R1Penalty(share=0.5), 'hinge'),
])
def test_a_penalty_for_other_discriminators(penalty, mode):
    """Conditional, at two scales, and with pairs."""
    model, wrapper = adversarial(
        scales=2, loss_gp=penalty, loss_adv=AdversarialLoss(mode))
    for group in wrapper.param_groups.values():
        group[0]['lr'] = 1e-3
    logs = model.train().train_step(make_data(), wrapper)
    assert logs['loss_gp'] > 0 and logs['loss_dis'].isfinite()


@pytest.mark.parametrize('options, message', [
    (dict(real_images='all'), "'paired' or 'source'"),
    (dict(loss_cls=dict(type='mmfermtl.CrossEntropyLoss')),
     'found FESDiscriminator'),
])
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        adversarial(**options)
