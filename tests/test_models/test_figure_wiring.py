"""The wiring of the figure in the release of 2021, block by block."""
import pytest
import torch
import torch.nn.functional as F
from narrow import load_leaf, narrow_model
from tiny_fermtl import FIGURE, make_data, make_model
from torch import nn

from mmfermtl.engine.gate_probe import probe_gates
from mmfermtl.models import ConvFLUBackbone, record_gates, replace_source
from mmfermtl.registry import MODELS

CONFIGS = dict(
    fersnet_figure=('fermtl_fersnet_figure_ckplus48.py', 96),
    tiny_figure=('fermtl_figure_ckplus48.py', 48))
UNITS = dict(
    none=None,
    hard=dict(type='mmfermtl.HardSharing', depth=2),
    cross_stitch=dict(type='mmfermtl.CrossStitch'),
    nddr=dict(type='mmfermtl.NDDR'),
    conv_flu_3=dict(type='mmfermtl.ConvFLUExchange', update_bias=-3.),
    across=dict(type='mmfermtl.ConvFLUExchange', across_stages=True))


def build(**kwargs) -> ConvFLUBackbone:
    """A narrow backbone, of equal widths at the exchange points."""
    torch.manual_seed(0)
    options = dict(stem_channels=(4, 4), channels=(4, 4, 6))
    return ConvFLUBackbone('tiny_figure', **{**options, **kwargs})


def images(size=32):
    torch.manual_seed(1)
    return torch.rand(2, 1, size, size) * 2 - 1


def trained(outputs, module):
    """Names of the parameters that a loss on outputs reaches."""
    module.zero_grad()
    sum(x.square().mean() for x in outputs).backward(retain_graph=True)
    return {
        name
        for name, p in module.named_parameters()
        if p.grad is not None and p.grad.any()
    }


def in_branch(names, branch):
    return {
        name
        for name in names if name.startswith(f'{branch}_stages')
        or name.startswith('stem' if branch == 'fer' else 'fes_stem')
    }


def written_out(network, x, score):
    """The description of the figure, from the layers alone."""
    b, g = network.backbone, network.generator
    u = [unit.to_fer for unit in b.sharing]
    v = [unit.to_fes for unit in b.sharing]

    def pool(x):
        return F.max_pool2d(x, 2)

    def join(*parts):
        return torch.cat(parts, dim=1)

    fer_1, fes_1 = b.stem(x), b.fes_stem(x)
    fer_2 = b.fer_stages[0].convs(pool(u[0](fer_1, fes_1)))
    fes_2 = b.fes_stages[0].convs(pool(fes_1))
    fer_3 = b.fer_stages[1].convs(pool(u[1](fer_2, fes_2)))
    fes_3 = b.fes_stages[1].convs(pool(fes_2))
    fer_4 = b.fer_stages[2].convs(pool(u[2](fer_3, fes_3)))
    # The small form has label maps of the larger scales, too.
    label, *labels = g.label_transformer(score, fes_3.shape[2:])
    y = g.upsamples[0](join(fes_3, label))
    y = g.levels[0](join(y, v[2](fes_3, fer_3)))
    y = g.upsamples[1](y)
    y = g.levels[1](join(y, v[1](fes_2, fer_2), *labels[:1]))
    y = g.upsamples[2](y)
    y = g.levels[2](join(y, v[0](fes_1, fer_1), *labels[1:]))
    return fer_4, torch.tanh(g.out_conv(y))


@pytest.mark.parametrize('arch', CONFIGS)
def test_the_network_is_the_figure(arch):
    name, size = CONFIGS[arch]
    cfg = load_leaf(name)
    assert cfg.model.network.backbone.arch == arch
    narrow_model(cfg)
    # `narrow_model` drops these.
    cfg.model.network.generator.convs = ((4, ), (4, 4), (4, ))
    torch.manual_seed(0)
    network = MODELS.build(cfg.model.network).eval()
    x, score = images(size), torch.eye(7)[:2]
    with torch.no_grad():
        (fer, ), (fake, ) = network(x, (score, ))
        want_fer, want_fake = written_out(network, x, score)
    assert fer.shape[2:] == (size // 8, size // 8) and fake.shape == x.shape
    torch.testing.assert_close(fer, want_fer)
    torch.testing.assert_close(fake, want_fake)


@pytest.mark.parametrize('arch', CONFIGS)
def test_blocks_and_widths(arch):
    """The grey blocks are 3x3 convolutions with ReLU, the last layer 1x1."""
    network = load_leaf(CONFIGS[arch][0]).model.network
    with torch.device('meta'):
        network = MODELS.build(network)
    backbone, generator = network.backbone, network.generator
    widths = [32, 64, 128, 256
              ] if arch == 'tiny_figure' else [64, 128, 256, 512]
    fer = [backbone.stem, *(s.convs for s in backbone.fer_stages)]
    fes = [backbone.fes_stem, *(s.convs for s in backbone.fes_stages)]
    assert len(fer) == 4 and len(fes) == 3
    for blocks in (fer, fes):
        for block, width in zip(blocks, widths):
            assert [m.out_channels for m in block] == [width, width]
    first, *ups = generator.upsamples
    decoder = [[first, *generator.levels[0]], *generator.levels[1:]]
    assert [len(block) for block in decoder] == [2, 2, 1]
    for layer in [m for block in (*fer, *fes, *decoder) for m in block]:
        assert layer.kernel_size == (3, 3) and layer.stride == (1, 1)
        # In the decoder of `tiny`, and of its form, LeakyReLU.
        assert isinstance(layer.activate, (nn.ReLU, nn.LeakyReLU))
    assert all(type(m.activate) is nn.ReLU for b in fer + fes for m in b)
    assert len(ups) == 2 and generator.out_conv.kernel_size == (1, 1)
    assert [u.to_fer.channels for u in backbone.sharing] == widths[:3]
    assert [u.to_fes.channels for u in backbone.sharing] == widths[:3]
    pools = [m for m in backbone.modules() if isinstance(m, nn.MaxPool2d)]
    assert pools == [backbone.pool]


def test_the_synthesis_encoder_is_never_written_by_recognition():
    backbone = build().eval()
    _, before = backbone(images())
    deepest = trained(before[-1:], backbone)
    assert deepest == in_branch(deepest, 'fes') and len(deepest) > 10
    with torch.no_grad():
        for p in backbone.stem.parameters():
            p.mul_(2)
    _, after = backbone(images())
    assert torch.equal(before[-1], after[-1])
    assert all(
        (a - b).abs().max() > 1e-5 for a, b in zip(before[:-1], after[:-1]))


def test_recognition_alone_builds_and_computes_no_skip():
    full, fer_only = build(), build(branches='fer')
    assert all(unit.to_fes is None for unit in fer_only.sharing)
    assert len(fer_only.fes_stages) == 2
    missing, unexpected = fer_only.load_state_dict(
        full.state_dict(), strict=False)
    assert missing == [] and all('.to_fes.' in name for name in unexpected)
    assert trained(fer_only(images()), fer_only) == {
        name
        for name, _ in fer_only.named_parameters()
    }
    with record_gates(full) as points:
        full(images(), branches='fer')
    assert [set(point) for point in points] == [{'to_fer'}] * 3
    # Without units nothing of synthesis is left.
    alone = build(branches='fer', sharing=None)
    assert alone.fes_stem is None and not len(alone.fes_stages)


@pytest.mark.parametrize('unit', UNITS)
def test_every_unit_by_one_key(unit):
    """Features of the same shapes, all trained, and each task by itself."""
    options = dict(sharing=UNITS[unit], shared_stem=unit == 'hard')
    full, x = build(**options), images()
    fer, fes = full(x)
    assert [tuple(f.shape[1:])
            for f in (*fer, *fes)] == [(6, 4, 4), (4, 32, 32), (4, 16, 16),
                                       (4, 8, 8), (4, 8, 8)]
    names = {name for name, _ in full.named_parameters()}
    assert trained((*fer, *fes), full) == names
    fer_only = build(branches='fer', **options)
    fer_only.load_state_dict(full.state_dict(), strict=False)
    full.eval(), fer_only.eval()
    fer, fes = full(x)
    torch.testing.assert_close(fer_only(x), fer)
    torch.testing.assert_close(full(x, branches='fer'), fer)
    torch.testing.assert_close(full(x, branches='fes'), fes)


def test_nearly_closed_gates_begin_with_each_branch_alone():
    sharing = dict(type='mmfermtl.ConvFLUExchange', update_bias=-20.)
    closed, apart = build(sharing=sharing), build(sharing=None)
    apart.load_state_dict(closed.state_dict(), strict=False)
    closed.eval(), apart.eval()
    for found, want in zip(closed(images()), apart(images())):
        torch.testing.assert_close(found, want)


@pytest.mark.parametrize('arch', ['tiny', 'tiny_figure'])
@pytest.mark.parametrize('detach', [(), ('to_fer', ), ('to_fes', ),
                                    ('to_fer', 'to_fes')])
def test_detached_directions(arch, detach):
    """The loss of a task trains the other branch unless it is detached."""
    unit = dict(type='mmfermtl.ConvFLUExchange', kernel_size=1)
    options = dict(arch=arch, stem_channels=(4, ), channels=(4, 4, 6))
    torch.manual_seed(0)
    backbone = ConvFLUBackbone(
        **options, sharing=dict(unit, detach=detach), shared_stem=False)
    plain = ConvFLUBackbone(**options, sharing=unit, shared_stem=False)
    plain.load_state_dict(backbone.state_dict())
    fer, fes = backbone(images())
    for found, want in zip((fer, fes), plain(images())):
        torch.testing.assert_close(found, want)
    of_fer, of_fes = trained(fer, backbone), trained(fes, backbone)
    assert in_branch(of_fer, 'fer') and in_branch(of_fes, 'fes')
    assert bool(in_branch(of_fer, 'fes')) == ('to_fer' not in detach)
    assert bool(in_branch(of_fes, 'fer')) == ('to_fes' not in detach)
    # The units belong to the task that reads what they make.
    assert any('.to_fer.' in name for name in of_fer)
    assert any('.to_fes.' in name for name in of_fes)
    fer_only = trained(backbone(images(), branches='fer'), backbone)
    assert fer_only == of_fer


def test_a_common_stem_and_other_exchange_points():
    backbone = build(shared_stem=True, exchange=(1, 2), out_indices=(0, -1))
    (first, last), fes = backbone(images())
    # The stem is the first stage: of both branches, and a plain skip.
    assert backbone.fes_stem is None and first is fes[0]
    assert first.shape == (2, 4, 32, 32) and last.shape == (2, 6, 4, 4)
    assert len(fes) == 4 and len(backbone.sharing) == 2


def test_depths_of_the_parameters():
    backbone = build()
    depths = {
        name.rsplit('.', 3)[0]: backbone.get_layer_depth(name)
        for name, _ in backbone.named_parameters()
    }
    assert set(depths.values()) == {(k, 5) for k in range(4)}
    assert depths['sharing.0'] == depths['stem'] == (0, 5)
    assert depths['sharing.2'] == depths['fes_stages.1.convs'] == (2, 5)
    assert backbone.get_layer_depth('head.fc', 'backbone.') == (4, 5)


def test_replaced_sources_leave_the_synthesis_encoder():
    backbone = build().eval()
    fer, fes = backbone(images())
    points = []

    def turn(point, source):
        points.append(point)
        return source.flip(0)

    with replace_source(backbone, turn):
        new_fer, new_fes = backbone(images())
    assert points == [0, 1, 2] and (new_fer[0] - fer[0]).abs().max() > 1e-5
    assert torch.equal(new_fes[-1], fes[-1])
    assert torch.equal(new_fes[0], fes[0])


def test_probe_of_three_points():
    row = probe_gates(make_model(network=FIGURE).train(), make_data())
    assert [set(point)
            for point in row['points']] == [{'to_fer', 'to_fes'}] * 3
    # The branches have no stem in common.
    assert 'cosine' not in row


@pytest.mark.parametrize('options, message', [
    (dict(to_fes='skips'), "to_fes='skips'"),
    (dict(fes_depth=2), r'fes_depth=2 .*\[0, 1, 2\]; expected 3 to 4'),
    (dict(fes_depth=5), 'fes_depth=5 does not fit 4 stages'),
    (dict(joint=True), 'set joint=False'),
    (dict(shared_stem=True), r'stages \[0, 1, 2\]: common stages'),
    (dict(exchange=(4, )), 'does not fit 4 stages'),
    (dict(sharing=UNITS['hard']), 'or shared_stem=True'),
    (dict(sharing=dict(type='mmfermtl.ConvFLUExchange', detach='to_fer')),
     "detach='to_fer'; give a list"),
    (dict(sharing=dict(type='mmfermtl.ConvFLUExchange', detach=['fer'])),
     r"detach=\['fer'\]"),
    (dict(branches='fes'), "branches='fes' has no other branch"),
])
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)


def test_units_without_detached_directions_refuse_them():
    with pytest.raises(TypeError, match='CrossStitch.*detach'):
        build(sharing=dict(type='mmfermtl.CrossStitch', detach=['to_fer']))
