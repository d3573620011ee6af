"""The sharing units compute the equations of the paper's figure."""
import pytest
import torch
import torch.nn.functional as F

from mmfermtl.models import ConvFLU, ConvFLUExchange


def recompute(unit: ConvFLU, x: torch.Tensor, y: torch.Tensor) -> tuple:
    """The four equations, written out."""
    pad = unit.reset_gate.kernel_size[0] // 2

    def conv(weight, value, bias=None):
        return F.conv2d(value, weight, bias, padding=pad)

    both = torch.cat([x, y], 1)
    r = torch.sigmoid(conv(unit.reset_gate.weight, both))
    candidate = torch.tanh(
        conv(unit.from_giver.weight, r * y) +
        conv(unit.from_receiver.weight, x))
    z = torch.sigmoid(
        conv(unit.update_gate.weight, both, unit.update_gate.bias))
    return (1 - z) * x + z * candidate, r, z


@pytest.mark.parametrize('kernel_size', [1, 3])
@pytest.mark.parametrize('update_bias', [None, -2.])
def test_conv_flu_follows_the_equations(kernel_size, update_bias):
    unit = ConvFLU(5, kernel_size, update_bias).double()
    x, y = torch.randn(2, 2, 5, 6, 7, dtype=torch.double)
    out, gates = unit(x, y, return_gates=True)
    want, r, z = recompute(unit, x, y)
    torch.testing.assert_close(out, want)
    torch.testing.assert_close(gates.reset, r)
    torch.testing.assert_close(gates.update, z)
    torch.testing.assert_close(unit(x, y), want)


def test_all_convolutions_are_without_bias_by_default():
    assert not [k for k, _ in ConvFLU(4).named_parameters() if 'bias' in k]
    unit = ConvFLU(4, update_bias=-1.5)
    assert unit.update_gate.bias.tolist() == [-1.5] * 4


def test_weights_of_the_swapped_convention_fit_after_negation():
    """The releases write z where the figure writes 1 - z."""
    unit = ConvFLU(4, 1).double()
    x, y = torch.randn(2, 2, 4, 3, 3, dtype=torch.double)
    both = torch.cat([x, y], 1)
    swapped = -unit.update_gate.weight
    z = torch.sigmoid(F.conv2d(both, swapped))
    r = torch.sigmoid(unit.reset_gate(both))
    candidate = torch.tanh(unit.from_giver(r * y) + unit.from_receiver(x))
    torch.testing.assert_close(unit(x, y), z * x + (1 - z) * candidate)


def test_gates_act_on_the_right_feature():
    """r = 0 ignores the source; z = 0 keeps the target unchanged."""
    unit = ConvFLU(3, 1, update_bias=-1e4)
    x, y = torch.randn(2, 1, 3, 4, 4)
    torch.testing.assert_close(unit(x, y), x)
    unit = ConvFLU(3, 1, update_bias=1e4)
    # A huge negative weight on a positive input closes the reset gate.
    torch.nn.init.constant_(unit.reset_gate.weight, -1e4)
    x, y, other = torch.rand(3, 1, 3, 4, 4) + 0.5
    torch.testing.assert_close(unit(x, y), unit(x, other))


@pytest.mark.parametrize('update_bias', [None, 0.7])
def test_exchange_equals_two_units(update_bias):
    exchange = ConvFLUExchange(4, update_bias=update_bias).double()
    fer, fes = torch.randn(2, 2, 4, 5, 5, dtype=torch.double)
    fer_out, fes_out = exchange(fer, fes)
    torch.testing.assert_close(fer_out, exchange.to_fer(fer, fes))
    torch.testing.assert_close(fes_out, exchange.to_fes(fes, fer))
    to_fer, nothing = exchange(fer, fes, fer_only=True)
    torch.testing.assert_close(to_fer, fer_out)
    assert nothing is None
    gates = exchange.gates(fer, fes)
    _, want = exchange.to_fes(fes, fer, return_gates=True)
    torch.testing.assert_close(gates['to_fes'].reset, want.reset)
    torch.testing.assert_close(gates['to_fes'].update, want.update)


def test_exchange_trains_both_units():
    exchange = ConvFLUExchange(4, update_bias=0.)
    fer, fes = torch.randn(2, 2, 4, 5, 5)
    sum(out.square().sum() for out in exchange(fer, fes)).backward()
    for name, parameter in exchange.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_exchange_joins_the_inputs_once():
    """Three convolutions serve both directions, instead of eight."""
    exchange = ConvFLUExchange(4)
    with torch.profiler.profile() as profile:
        exchange(*torch.randn(2, 1, 4, 5, 5))
    calls = {e.key: e.count for e in profile.key_averages()}
    assert calls['aten::conv2d'] == 3


def test_even_kernel_is_refused():
    with pytest.raises(ValueError, match='kernel_size=2 must be odd'):
        ConvFLU(4, 2)
