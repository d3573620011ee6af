"""The units compared with ConvFLU, each by one key of the backbone."""
import pytest
import torch
from mmengine.model import BaseModule
from torch import nn

from mmfermtl.models import (NDDR, ConvFLUBackbone, ConvFLUExchange,
                             CrossStitch, HardSharing, record_gates,
                             replace_source)

UNITS = dict(
    none=None,
    hard=dict(type='mmfermtl.HardSharing', depth=2),
    cross_stitch=dict(type='mmfermtl.CrossStitch'),
    cross_stitch_layer=dict(type='mmfermtl.CrossStitch', per='layer'),
    nddr=dict(type='mmfermtl.NDDR'),
    conv_flu_1=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
    conv_flu_3=dict(type='mmfermtl.ConvFLUExchange', kernel_size=3),
    across=dict(type='mmfermtl.ConvFLUExchange', across_stages=True))


def build(unit, **kwargs) -> ConvFLUBackbone:
    """A narrow backbone, of equal widths at the exchange points."""
    options = dict(
        stem_channels=(4, ), channels=(6, 6, 8), sharing=UNITS[unit])
    return ConvFLUBackbone('tiny', **{**options, **kwargs})


def count(module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize('per, width', [('channel', 3), ('layer', 1)])
def test_cross_stitch_is_a_linear_mixture(per, width):
    unit = CrossStitch(3, per=per)
    assert count(unit) == 4 * width
    with torch.no_grad():
        unit.to_fer[0] += torch.arange(width).view(-1, 1, 1)
    fer, fes = torch.randn(2, 2, 3, 4, 4)
    fer_out, fes_out = unit(fer, fes)
    own = (0.9 + torch.arange(width)).view(-1, 1, 1)
    torch.testing.assert_close(fer_out, own * fer + 0.1 * fes)
    torch.testing.assert_close(fes_out, 0.9 * fes + 0.1 * fer)


def test_nddr_is_initialised_with_its_diagonals():
    """Also after the runner has initialised the weights."""
    unit = NDDR(3).eval()
    parent = BaseModule()
    parent.unit = unit
    parent.init_weights()
    fer, fes = torch.rand(2, 2, 3, 4, 4)
    fer_out, fes_out = unit(fer, fes)
    torch.testing.assert_close(
        fer_out, 0.9 * fer + 0.1 * fes, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        fes_out, 0.9 * fes + 0.1 * fer, rtol=1e-4, atol=1e-4)
    # Off the diagonals it can learn.
    unit.train()(fer, fes)[0].square().sum().backward()
    assert unit.to_fer[0].weight.grad[0, 1].abs() > 0


@pytest.mark.parametrize('cls', [ConvFLUExchange, CrossStitch, NDDR])
def test_units_have_one_interface(cls):
    full, fer_only = cls(4).eval(), cls(4, fer_only=True).eval()
    fer_only.load_state_dict(full.state_dict(), strict=False)
    if cls is CrossStitch:
        assert count(full) == 2 * count(fer_only) > 0
    fer, fes = torch.rand(2, 1, 4, 5, 5)
    want, fes_out = full(fer, fes)
    assert fes_out.shape == fes.shape and not torch.equal(want, fes_out)
    for unit in (full, fer_only):
        out, nothing = unit(fer, fes, fer_only=True)
        torch.testing.assert_close(out, want)
        assert nothing is None
    assert fer_only(fer, fes)[1] is None


@pytest.mark.parametrize('unit', UNITS)
def test_every_unit_by_one_key(unit):
    """Shapes, gradients, and recognition only, as for ConvFLU."""
    full = build(unit)
    x = torch.randn(2, 1, 32, 32)
    fer, fes = full(x)
    assert [tuple(f.shape[1:]) for f in fes] == [(4, 32, 32), (4, 16, 16),
                                                 (6, 8, 8), (6, 4, 4),
                                                 (8, 2, 2)]
    (fer[-1].square().mean() + fes[-1].square().mean()).backward()
    idle = [k for k, p in full.named_parameters() if p.grad is None]
    assert idle == []
    fer_only = build(unit, branches='fer')
    missing, unexpected = fer_only.load_state_dict(
        full.state_dict(), strict=False)
    assert missing == []
    full.eval(), fer_only.eval()
    fer, fes = full(x)
    torch.testing.assert_close(fer_only(x)[-1], fer[-1])
    torch.testing.assert_close(full(x, branches='fer')[-1], fer[-1])
    for got, want in zip(full(x, branches='fes'), fes):
        torch.testing.assert_close(got, want)


def test_hard_sharing_shares_parameters_and_computation():
    from torch.utils.flop_counter import FlopCounterMode
    x, macs, sizes = torch.randn(1, 1, 32, 32), {}, {}
    for depth in (0, 1, 2, 3):
        sharing = depth and dict(type='mmfermtl.HardSharing', depth=depth)
        backbone = build('none', sharing=sharing or None)
        counter = FlopCounterMode(display=False)
        with counter:
            (fer, ), fes = backbone(x)
        macs[depth] = counter.get_total_flops()
        sizes[depth] = count(backbone)
        stage = backbone.fer_stages[max(0, depth - 1)]
        if depth:
            assert sizes[depth - 1] - sizes[depth] == count(stage)
            # Up to there, the features are not equal but the same.
            seen = []
            handle = stage.register_forward_hook(
                lambda *args, seen=seen: seen.append(args[-1]))
            _, fes = backbone(x)
            handle.remove()
            assert fes[1 + depth] is seen[0] and len(seen) == 1
    assert macs[0] > macs[1] > macs[2] > macs[3]
    fer_only = build('none', branches='fer')
    assert count(fer_only) == sizes[3]


def test_without_a_common_stem_the_tasks_are_two_networks():
    backbone = build('none', shared_stem=False)
    (fer, ), _ = backbone(torch.randn(2, 1, 32, 32))
    fer.sum().backward()
    trained = sum(p.numel() for p in backbone.parameters()
                  if p.grad is not None)
    assert 2 * trained == count(backbone)
    # With units, recognition needs the other stem too.
    fer_only = build('conv_flu_1', shared_stem=False, branches='fer')
    fer_only(torch.randn(2, 1, 32, 32))[-1].sum().backward()
    assert all(p.grad is not None for p in fer_only.parameters())


def test_synthesis_only():
    fes_only, pair = build('none', branches='fes'), build('none')
    fes_only.load_state_dict(pair.state_dict(), strict=False)
    assert count(fes_only) == count(build('none', branches='fer'))
    x = torch.randn(2, 1, 32, 32)
    fes_only.eval(), pair.eval()
    for got, want in zip(fes_only(x), pair(x)[1]):
        torch.testing.assert_close(got, want)


def test_one_unit_for_all_points():
    apart, across = build('conv_flu_3'), build('across')
    assert len(apart.sharing) == 2 and len(across.sharing) == 1
    assert count(apart) - count(across) == count(across.sharing)
    # The one unit is used at both points, with the same weights as two.
    apart.load_state_dict({
        **across.state_dict(),
        **{
            f'sharing.1.{k}': v
            for k, v in across.sharing[0].state_dict().items()
        }
    })
    x = torch.randn(2, 1, 32, 32)
    torch.testing.assert_close(apart(x)[0], across(x)[0])
    assert build('across', branches='fer').sharing[0].to_fes is not None


@pytest.mark.parametrize('unit', sorted(set(UNITS) - {'across'}))
@pytest.mark.parametrize('task', ['fer', 'both'])
def test_equal_parameters(unit, task):
    """Within 1 %, at the widths of the preset, and the outputs unchanged."""
    reference = ConvFLUBackbone('tiny', branches=task)
    options = dict(sharing=UNITS[unit], match_params={task: count(reference)})
    matched = ConvFLUBackbone('tiny', branches=task, **options)
    assert count(matched) == pytest.approx(count(reference), rel=0.01)
    plain = ConvFLUBackbone('tiny', branches=task, sharing=UNITS[unit])
    if unit not in ('conv_flu_1', 'conv_flu_3'):
        assert count(plain) < 0.99 * count(reference)
    pair = ConvFLUBackbone('tiny', **options)
    assert pair.inner_width == matched.inner_width
    if task == 'both':
        fer, fes = matched(torch.rand(2, 1, 48, 48))
        assert fer[-1].shape == fes[-1].shape == (2, 256, 3, 3)


def test_equal_parameters_with_residual_stages():
    options = dict(
        stem_channels=(8, ),
        channels=(16, 24, 32),
        stage=dict(type='mmfermtl.ResidualStage'))
    wanted = count(ConvFLUBackbone('tiny', **options))
    matched = ConvFLUBackbone(
        'tiny', sharing=None, match_params=dict(both=wanted), **options)
    assert count(matched) == pytest.approx(wanted, rel=0.01)
    assert matched.fer_stages[2].conv1.conv.out_channels > 32


def test_matching_draws_no_random_number():
    torch.manual_seed(3)
    plain = build('none', inner_width=2.)
    torch.manual_seed(3)
    matched = build('none', match_params=dict(both=count(plain)))
    for a, b in zip(plain.parameters(), matched.parameters()):
        assert torch.equal(a, b)


def test_record_gates_of_the_first_pass():
    backbone = build('conv_flu_3').eval()
    x = torch.randn(2, 1, 32, 32)
    seen = []
    handle = backbone.sharing[1].register_forward_hook(
        lambda unit, args, out: seen.append(unit.gates(*args)))
    with record_gates(backbone) as points:
        backbone(x)
        backbone(-x)
    handle.remove()
    assert [set(p) for p in points] == [{'to_fer', 'to_fes'}] * 2
    for direction, gates in seen[0].items():
        torch.testing.assert_close(points[1][direction].reset, gates.reset)
        torch.testing.assert_close(points[1][direction].update, gates.update)
    assert not points[0]['to_fer'].reset.requires_grad
    # Nothing stays behind.
    assert all(not m._forward_hooks for m in backbone.modules())
    with record_gates(backbone) as points:
        backbone(x, branches='fer')
    assert [set(p) for p in points] == [{'to_fer', 'to_fes'}, {'to_fer'}]
    backbone = build('nddr')
    with record_gates(backbone) as points:
        backbone(x)
    assert points == []


def test_record_gates_where_one_direction_was_built():
    backbone = build('conv_flu_1', branches='fer').eval()
    with record_gates(backbone) as points:
        backbone(torch.randn(1, 1, 32, 32))
    assert [set(p) for p in points] == [{'to_fer', 'to_fes'}, {'to_fer'}]


@pytest.mark.parametrize(
    'unit', ['cross_stitch', 'nddr', 'conv_flu_1', 'conv_flu_3', 'across'])
def test_replaced_source(unit):
    backbone = build(unit).eval()
    x = torch.randn(2, 1, 32, 32)
    fer, fes = backbone(x)
    points = []

    def turn(point, source):
        points.append(point)
        return source.flip(0)

    with replace_source(backbone, lambda point, source: source):
        for a, b in zip(backbone(x)[0], fer):
            torch.testing.assert_close(a, b)
    with replace_source(backbone, turn):
        new_fer, new_fes = backbone(x)
        fer_only = backbone(x, branches='fer')
    assert points == [0, 1] * 2
    torch.testing.assert_close(fer_only, new_fer)
    assert (new_fer[0] - fer[0]).abs().max() > 1e-4
    # Stem, pooled stem and first exchange: the sources of synthesis stay.
    for a, b in zip(new_fes[:3], fes[:3]):
        assert torch.equal(a, b)
    assert torch.equal(backbone(x)[0][0], fer[0])
    assert all(not m._forward_hooks for m in backbone.modules())


def test_replaced_source_is_the_input_of_the_unit():
    backbone = build('cross_stitch', out_indices=(0, 1)).eval()
    x = torch.randn(1, 1, 32, 32)
    seen = []
    handle = backbone.sharing[0].register_forward_hook(
        lambda unit, args, out: seen.append(args[0]))
    with replace_source(backbone, lambda point, source: source.new_ones(())):
        first = backbone(x)[0][0]
    handle.remove()
    torch.testing.assert_close(first, 0.9 * seen[0] + 0.1)


@pytest.mark.parametrize('stance', [True, False])
def test_compiled_passes_are_recorded_and_replaced(monkeypatch, stance):
    """Also after a first pass, which was compiled without hooks."""
    if not stance:  # before PyTorch 2.6
        monkeypatch.delattr(torch.compiler, 'set_stance', raising=False)
    backbone = build('conv_flu_1').eval()
    compiled = torch.nn.Sequential(backbone)
    compiled.compile(backend='eager')
    x = torch.randn(2, 1, 32, 32)
    before = compiled(x)[0][0]
    with record_gates(backbone) as want:
        backbone(x)
    with record_gates(backbone) as points:
        compiled(x)
    assert len(points) == 2
    torch.testing.assert_close(points, want)
    with replace_source(backbone, lambda point, source: source.flip(0)):
        want = backbone(x)[0][0]
        got = compiled(x)[0][0]
    torch.testing.assert_close(got, want)
    assert (got - before).abs().max() > 1e-4
    # Nothing of it is left behind.
    torch.testing.assert_close(compiled(x)[0][0], before)


@pytest.mark.parametrize('context', [
    record_gates,
    lambda backbone: replace_source(backbone, lambda point, source: source)
])
def test_a_pass_that_is_not_seen(context):
    with pytest.raises(ValueError, match='no pass through ConvFLUBackbone'):
        with context(build('conv_flu_1')):
            pass


@pytest.mark.parametrize('unit', ['none', 'hard'])
def test_nothing_to_replace(unit):
    with pytest.raises(ValueError, match='ConvFLUBackbone has no units'):
        with replace_source(build(unit), lambda point, source: source):
            pass


@pytest.mark.parametrize('options, message', [
    (dict(sharing=dict(type='mmfermtl.HardSharing', depth=4)),
     'depth=4 of hard sharing does not fit 3'),
    (dict(sharing=dict(type=HardSharing, depth=0)), 'depth=0'),
    (dict(sharing=UNITS['hard'], shared_stem=False), 'shared_stem=False'),
    (dict(sharing=UNITS['across'], channels=(4, 6, 8)), r'\[4, 6\] channels'),
    (dict(sharing=UNITS['nddr'], branches='fes'), "branches='fes' has no"),
    (dict(sharing=dict(type='mmfermtl.CrossStitch', per='pixel')), 'per='),
    (dict(match_params=dict(fer=10)), 'no inner width gives 10 parameters'),
    (dict(match_params=5000), 'match_params=5000'),
    (dict(match_params=dict(all=5000)), 'one number'),
])
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        build('conv_flu_1', **options)


def test_a_branch_that_was_not_built_is_named():
    with pytest.raises(ValueError, match="no features for 'fer'"):
        build('none', branches='fes')(torch.rand(1, 1, 32, 32), 'fer')


def test_custom_unit():
    """Any module with the interface can be an exchange point."""

    class Swap(nn.Module):

        def __init__(self, channels, fer_only=False):
            super().__init__()

        def forward(self, fer, fes, fer_only=False):
            return fes, None if fer_only else fer

    backbone = build('none', sharing=dict(type=Swap), exchange=(0, 1))
    assert len(backbone.sharing) == 2
    backbone(torch.rand(2, 1, 32, 32))
