"""The generator: shapes, range, label injections, mixtures."""
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmfermtl.models import FESGenerator, LabelModulation, LabelTransformer
from mmfermtl.models.generators.warp_image import warp_image

FEATS = [(4, 32), (6, 16), (8, 8), (10, 4)]


def feats(batch: int = 2):
    torch.manual_seed(0)
    return tuple(torch.randn(batch, c, s, s) for c, s in FEATS)


@pytest.mark.parametrize('label', ['concat', 'modulation'])
@pytest.mark.parametrize('skips', [(), (8, 6, 4)])
@pytest.mark.parametrize('upsample', ['deconv2', 'deconv4', 'nearest'])
def test_shapes_and_range(label, skips, upsample):
    generator = FESGenerator(
        10,
        5,
        channels=(8, 6, 4),
        skip_channels=skips,
        label=label,
        label_channels=3,
        upsample=upsample,
        out_channels=3)
    with torch.no_grad():
        generator.out_conv.weight.mul_(100)
    out = generator(feats(), torch.eye(5)[:2])
    assert out.shape == (2, 3, 32, 32)
    assert out.min() >= -1 and out.max() <= 1 and out.abs().max() > 0.9
    out.sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name


@pytest.mark.parametrize('label', ['concat', 'modulation'])
def test_the_target_matters_and_may_be_mixed(label):
    generator = FESGenerator(10, 5, channels=(8, 6, 4), label=label).eval()
    a, b = torch.eye(5)[:1], torch.eye(5)[3:4]
    images = [
        generator(feats(1), score).detach()
        for score in (a, b, (a + b) / 2, 0.9 * a + 0.1 * b)
    ]
    to_a = [float((image - images[0]).abs().mean()) for image in images]
    # The more of b there is, the further the image is from that of a.
    assert 0 == to_a[0] < to_a[3] < to_a[2] < to_a[1]


@pytest.mark.parametrize('skips', [(), (8, 6)])
@pytest.mark.parametrize('maps', [1, 3, 4])
def test_label_maps_join_the_levels(skips, maps):
    generator = FESGenerator(
        10,
        5,
        channels=(8, 6, 4),
        skip_channels=skips,
        label_channels=3,
        label_maps=maps)
    widths = [level[0].in_channels for level in generator.levels]
    want = [
        up + (skips[i] if i < len(skips) else 0) + 3 * (i + 1 < maps)
        for i, up in enumerate((8, 6, 4))
    ]
    assert widths == want
    assert generator(feats(), torch.eye(5)[:2]).shape == (2, 1, 32, 32)


def test_change_mask_mixes_with_the_source():
    generator = FESGenerator(10, 5, channels=(8, 6, 4), change_mask=True)
    source = torch.rand(2, 1, 32, 32) * 2 - 1
    score = torch.eye(5)[:2]
    out = generator(feats(), score, source)
    assert out.shape == source.shape and out.abs().max() <= 1
    out.sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name
    with torch.no_grad():
        generator.mask_conv.weight.zero_()
        for bias, same in ((-100., True), (100., False)):
            generator.mask_conv.bias.fill_(bias)
            found = generator(feats(), score, source)
            assert torch.equal(found, source) == same
            generator.change_mask = False
            image = generator(feats(), score)
            generator.change_mask = True
            torch.testing.assert_close(found, source if same else image)
    with pytest.raises(ValueError, match='give `source`'):
        generator(feats(), score)


def test_a_warp_begins_with_the_source_where_it_is():
    torch.manual_seed(0)
    generator = FESGenerator(
        10, 5, channels=(8, 6, 4), change_mask=True, warp=True)
    source = (torch.rand(2, 1, 32, 32) * 2 - 1).requires_grad_()
    out = generator(feats(), torch.eye(5)[:2], source)
    # A mask of about 0.12, by its bias, keeps most of it.
    assert (out - source).abs().mean() < 0.3
    out.sum().backward()
    assert source.grad.sum() > 0.5 * source.numel()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name
    assert generator.flow_conv.weight.grad.any()
    with torch.no_grad():
        generator.mask_conv.weight.zero_()
        generator.mask_conv.bias.fill_(-100.)
        # The mask is 0: the source, up to the rounding of the grid.
        torch.testing.assert_close(
            generator(feats(),
                      torch.eye(5)[:2], source), source)
        # All pixels from two to the right of them.
        generator.flow_conv.bias[0] = 2 * 2 / 32
        found = generator(feats(), torch.eye(5)[:2], source)
        torch.testing.assert_close(found[..., :-2], source[..., 2:])


def test_a_warp_takes_each_pixel_from_where_the_flow_points():
    torch.manual_seed(0)
    image = torch.rand(2, 3, 6, 8)
    torch.testing.assert_close(
        warp_image(image, torch.zeros(2, 2, 6, 8)), image)
    flow = torch.zeros(2, 2, 6, 8)
    flow[0, 0] = 2 / 8  # one pixel to the right of it
    flow[1, 1] = -2 / 6  # one pixel above it
    right, above = warp_image(image, flow)
    torch.testing.assert_close(right[..., :-1], image[0, ..., 1:])
    torch.testing.assert_close(above[:, 1:], image[1, :, :-1])
    # Beyond the border the nearest pixel is taken.
    torch.testing.assert_close(right[..., -1], image[0, ..., -1])
    torch.testing.assert_close(above[:, 0], image[1, :, 0])
    far = warp_image(image, torch.full((2, 2, 6, 8), 10.))
    torch.testing.assert_close(far, image[..., -1:, -1:].expand_as(image))
    half = warp_image(image, flow / 2)[0, ..., :-1]
    torch.testing.assert_close(half,
                               (image[0, ..., :-1] + image[0, ..., 1:]) / 2)


def test_a_bicubic_warp_blurs_less():
    torch.manual_seed(0)
    noise = torch.randint(0, 2, (4, 1, 32, 32)) * 2. - 1
    sharpness = {}
    for method in ('bilinear', 'bicubic'):
        generator = FESGenerator(
            10,
            5,
            channels=(8, 6, 4),
            change_mask=True,
            warp=True,
            warp_interpolation=method)
        with torch.no_grad():
            generator.mask_conv.weight.zero_()
            generator.mask_conv.bias.fill_(-100.)
            generator.flow_conv.bias.fill_(0.3 * 2 / 32)
            out = generator(feats(4), torch.eye(5)[:4], noise)
        # Bicubic values overshoot, images do not.
        assert out.abs().max() <= 1
        sharpness[method] = out.diff(dim=3).square().mean()
    assert sharpness['bicubic'] > 1.3 * sharpness['bilinear']


def test_a_warp_under_autocast():
    torch.manual_seed(0)
    generator = FESGenerator(
        10, 5, channels=(8, 6, 4), change_mask=True, warp=True)
    source = torch.rand(2, 1, 32, 32)
    with torch.autocast('cpu', torch.bfloat16):
        out = generator(feats(), torch.eye(5)[:2], source)
    assert out.dtype == torch.float32 and out.isfinite().all()


def test_label_transformer_sizes():
    transformer = LabelTransformer(5, 2, num_maps=3)
    for size in ((3, 3), (4, 6)):
        maps = transformer(torch.eye(5)[:2], size)
        assert [tuple(m.shape) for m in maps
                ] == [(2, 2, size[0] * k, size[1] * k) for k in (1, 2, 4)]


def test_the_maps_of_a_target_do_not_depend_on_its_batch():
    """Not even in training: a batch of one target gives the same maps."""
    transformer = LabelTransformer(5, 4, num_maps=3).train()
    targets = torch.eye(5)
    single = transformer(targets[:1], (3, 3))
    among = transformer(targets, (3, 3))
    for one, many in zip(single, among):
        torch.testing.assert_close(one, many[:1])
        assert many[0].sub(many[1]).abs().max() > 0.1


def test_all_label_maps_have_the_same_scale():
    torch.manual_seed(0)
    maps = LabelTransformer(7, 16, num_maps=5)(torch.eye(7), (3, 3))
    scales = [float(m.square().mean().sqrt()) for m in maps]
    assert max(scales) < 2 * min(scales) and 0.3 < min(scales)


def test_maps_of_older_checkpoints_are_kept():
    """Version 1 had a batch norm behind each layer."""
    torch.manual_seed(0)
    channels = 4
    fc, norm = nn.Linear(5, 9 * channels), nn.BatchNorm2d(channels)
    deconv = nn.ConvTranspose2d(
        channels, channels, 4, stride=2, padding=1, bias=False)
    second = nn.BatchNorm2d(channels)
    for module in (norm, second):
        nn.init.uniform_(module.weight, 0.5, 2)
        nn.init.normal_(module.bias)
        module.running_mean.normal_()
        module.running_var.uniform_(0.2, 3)
        module.eval()
    old = nn.ModuleDict(
        dict(
            fc=fc,
            norm=norm,
            deconvs=nn.ModuleList([nn.Sequential(deconv, second, nn.ReLU())])))
    targets = torch.rand(3, 5)
    first = F.relu(norm(fc(targets).unflatten(1, (-1, 3, 3))))
    want = [first, F.relu(second(deconv(first)))]
    new = LabelTransformer(5, channels, num_maps=2)
    new.load_state_dict(old.state_dict())
    for got, expected in zip(new(targets, (3, 3)), want):
        torch.testing.assert_close(got, expected)


def test_modulation_reaches_every_skip():
    generator = FESGenerator(
        10, 5, channels=(8, 6, 4), skip_channels=(8, 6, 4), label='modulation')
    widths = [m.fc.out_features // 2 for m in generator.modulations]
    assert widths == [10, 8, 6, 4]


def test_modulation_without_norm_keeps_the_brightness():
    """A brighter source gives other images only if nothing normalises it."""
    change = {}
    for norm in (True, False):
        torch.manual_seed(0)
        module = LabelModulation(5, 4, norm)
        x, score = torch.rand(1, 4, 6, 6), torch.eye(5)[:1]
        change[norm] = float((module(x + 3, score) - module(x, score)).mean())
    assert abs(change[True]) < 1e-4 < 1 < change[False]


@pytest.mark.parametrize('change, message', [
    (dict(label='sum'), "label='sum'"),
    (dict(upsample='bicubic'), "upsample='bicubic'"),
    (dict(channels=(8, ), skip_channels=(8, 6)), '2 skips do not fit 1'),
    (dict(convs=((4, ), )), 'convs has 1 entries for 3 levels'),
    (dict(label_maps=5), 'label_maps=5 does not fit 3 levels'),
    (dict(warp=True), 'set change_mask=True'),
    (dict(warp_interpolation='cubic'), "warp_interpolation='cubic'; give"),
])
def test_wrong_options_are_named(change, message):
    options = dict(in_channels=10, num_classes=5, channels=(8, 6, 4))
    with pytest.raises(ValueError, match=message):
        FESGenerator(**{**options, **change})


def test_wrong_inputs_are_named():
    generator = FESGenerator(10, 5, channels=(8, 6), skip_channels=(8, 6))
    with pytest.raises(ValueError, match='have 8 channels, expected 10'):
        generator(feats()[:3], torch.eye(5)[:2])
    with pytest.raises(ValueError, match='2 skips need 3 features, got 1'):
        generator(feats()[-1:], torch.eye(5)[:2])
