"""The backbone: presets, what each task computes, options."""
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mmfermtl.models import ConvFLUBackbone

PRESETS = dict(
    tiny=(1, 48),
    r21=(3, 96),
    fersnet=(1, 96),
    tiny_figure=(1, 48),
    fersnet_figure=(1, 96))


def narrow(arch: str, **kwargs) -> ConvFLUBackbone:
    """A preset at small widths, with its own structure."""
    preset = ConvFLUBackbone.arch_settings[arch]
    return ConvFLUBackbone(
        arch,
        stem_channels=(4, ) * len(preset['stem_channels']),
        channels=tuple(4 * (i + 1) for i in range(len(preset['channels']))),
        **kwargs)


def count_macs(module, *args, **kwargs) -> int:
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        module(*args, **kwargs)
    return counter.get_total_flops() // 2


@pytest.mark.parametrize('arch', PRESETS)
def test_fer_features_are_the_same_without_synthesis(arch):
    channels, size = PRESETS[arch]
    backbone = narrow(arch, in_channels=channels).eval()
    x = torch.randn(2, channels, size, size)
    (both, fes), fer_only = backbone(x), backbone(x, branches='fer')
    assert [f.shape for f in fer_only] == [f.shape for f in both]
    torch.testing.assert_close(fer_only[-1], both[-1])
    # In place of the pooled stem and a fourth FES stage, a skip more.
    stages = len(backbone.fer_stages) - arch.endswith('_figure')
    assert len(fes) == 2 + stages + (arch == 'r21')


@pytest.mark.parametrize('arch', PRESETS)
def test_fer_only_computes_only_what_it_needs(arch):
    """Every parameter of a FER-only backbone has a gradient, and it does as
    many multiplications as the full one with branches='fer'."""
    channels, size = PRESETS[arch]
    full = narrow(arch, in_channels=channels)
    fer_only = narrow(arch, in_channels=channels, branches='fer')
    x = torch.randn(2, channels, size, size)
    fer_only(x)[-1].square().sum().backward()
    idle = [k for k, p in fer_only.named_parameters() if p.grad is None]
    assert idle == []
    macs = count_macs(full, x, branches='fer')
    assert macs == count_macs(fer_only, x) < count_macs(full, x)
    fer_only.load_state_dict(full.state_dict(), strict=False)
    torch.testing.assert_close(fer_only.eval()(x)[-1],
                               full.eval()(x, branches='fer')[-1])


def test_without_sharing_the_branches_are_independent():
    backbone = narrow('tiny', sharing=None)
    fer, fes = backbone(torch.randn(2, 1, 48, 48))
    fer[-1].sum().backward()
    assert all(p.grad is None for p in backbone.fes_stages.parameters())
    fer_only = narrow('tiny', sharing=None, branches='fer')
    assert len(fer_only.fes_stages) == len(fer_only.sharing) == 0


def test_out_indices_and_custom_arch():
    backbone = ConvFLUBackbone(
        dict(
            stem_channels=(4, ),
            channels=(4, 8),
            stage=dict(type='mmfermtl.ResidualStage'),
            exchange=(-1, ),
            sharing=dict(type='mmfermtl.ConvFLUExchange', kernel_size=1),
            fer_norm=dict(type='BN'),
            fes_norm=dict(type='IN'),
            joint=False),
        out_indices=(0, 1),
        branches='fer')
    feats = backbone(torch.randn(2, 1, 16, 16))
    assert [tuple(f.shape) for f in feats] == [(2, 4, 4, 4), (2, 8, 2, 2)]


@pytest.mark.parametrize('kwargs, message', [
    (dict(arch='big'), "arch='big' is not a preset"),
    (dict(arch='tiny', widths=3), r"unknown keys \['widths'\]"),
    (dict(arch=dict(channels=(4, ))), 'lacks'),
    (dict(exchange=(3, )), 'does not fit 3 stages'),
    (dict(out_indices=(5, )), 'does not fit 3 stages'),
    (dict(branches='fes'), "branches='fes'"),
])
def test_wrong_options_are_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ConvFLUBackbone(**kwargs)


def test_fer_only_backbone_has_no_synthesis_features():
    backbone = narrow('tiny', branches='fer')
    with pytest.raises(ValueError, match="built with branches='fer'"):
        backbone(torch.randn(1, 1, 48, 48), branches='both')


def test_a_stage_that_is_named_twice_counts_once():
    depth = len(ConvFLUBackbone.arch_settings['tiny']['channels'])
    once = narrow('tiny', exchange=(1, ))
    twice = narrow('tiny', exchange=(1, 1 - depth))
    assert twice.state_dict().keys() == once.state_dict().keys()
    twice.load_state_dict(once.state_dict())
    x = torch.randn(2, 1, 32, 32)
    for a, b in zip(once.eval()(x)[0], twice.eval()(x)[0]):
        torch.testing.assert_close(a, b)


def test_synthesis_alone_has_the_stem_of_the_other_branch():
    """Its norms are those that it has beside recognition."""
    both = narrow('tiny_figure', fes_norm=dict(type='IN'))
    alone = narrow(
        'tiny_figure', fes_norm=dict(type='IN'), branches='fes', sharing=None)
    assert str(alone.stem) == str(both.fes_stem) != str(both.stem)
