"""Upsampling and convolution as one layer: the values of the two steps."""
import pytest
import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule

from mmfermtl.models import FESGenerator, UpsampleConv2d


@pytest.mark.parametrize('kernel', [1, 3, 5])
@pytest.mark.parametrize('bias', [False, True])
@pytest.mark.parametrize('channels, size', [((16, 8), (6, 9)),
                                            ((24, 16), (12, 12)),
                                            ((16, 8), (3, 3)),
                                            ((5, 8), (8, 8))])
@pytest.mark.parametrize('layout',
                         [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_equals_the_two_steps(kernel, bias, channels, size, layout, dtype):
    torch.manual_seed(0)
    layer = UpsampleConv2d(*channels, kernel, padding=kernel // 2, bias=bias)
    layer = layer.to(dtype=dtype, memory_format=layout)
    x = torch.randn(2, channels[0], *size, dtype=dtype)
    x = x.to(memory_format=layout).requires_grad_()
    wanted = F.conv2d(
        F.interpolate(x, scale_factor=2),
        layer.weight,
        layer.bias,
        padding=kernel // 2)
    out = layer(x)
    close = dict(rtol=1e-4, atol=1e-4) if dtype == torch.float32 else {}
    torch.testing.assert_close(out, wanted, **close)
    leaves = [x, *layer.parameters()]
    weights = torch.randn_like(wanted)
    for found, right in zip(
            torch.autograd.grad((out * weights).sum(), leaves),
            torch.autograd.grad((wanted * weights).sum(), leaves)):
        torch.testing.assert_close(found, right, **close)


def test_large_maps_are_not_enlarged_first(monkeypatch):

    def refuse(*args, **kwargs):
        raise AssertionError('enlarged')

    layer = UpsampleConv2d(16, 8, 3, padding=1)
    x = torch.randn(1, 16, 6, 6)
    small = x[..., :5]
    monkeypatch.setattr(F, 'interpolate', refuse)
    assert layer(x).shape == (1, 8, 12, 12)
    with pytest.raises(AssertionError, match='enlarged'):
        layer(small)


def test_builds_in_other_modules():
    torch.manual_seed(0)
    module = ConvModule(
        16,
        8,
        3,
        padding=1,
        norm_cfg=dict(type='BN'),
        conv_cfg=dict(type='mmfermtl.UpsampleConv2d'))
    assert isinstance(module.conv, UpsampleConv2d)
    assert module(torch.randn(2, 16, 8, 8)).shape == (2, 8, 16, 16)


def test_is_initialised_like_a_convolution():
    torch.manual_seed(0)
    plain = torch.nn.Conv2d(16, 8, 3, padding=1)
    torch.manual_seed(0)
    layer = UpsampleConv2d(16, 8, 3, padding=1)
    assert torch.equal(layer.weight, plain.weight)
    layer.load_state_dict(plain.state_dict())


def test_the_names_of_a_generators_weights_stay():
    generator = FESGenerator(8, 7, channels=(8, 8), upsample='nearest')
    names = set(generator.state_dict())
    assert {'upsamples.0.1.conv.weight', 'upsamples.1.1.conv.weight'} <= names


@pytest.mark.parametrize('bad', [
    dict(kernel_size=4, padding=1),
    dict(kernel_size=(3, 5), padding=1),
    dict(kernel_size=3, padding=0),
    dict(kernel_size=3, padding=1, stride=2),
    dict(kernel_size=3, padding=1, dilation=2),
    dict(kernel_size=3, padding=1, groups=8),
    dict(kernel_size=3, padding=1, padding_mode='reflect')
])
def test_refuses_other_convolutions(bad):
    with pytest.raises(ValueError, match='UpsampleConv2d with .*expected'):
        UpsampleConv2d(8, 8, **bad)
