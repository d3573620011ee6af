"""The fast copy of the recognition half."""
import copy

import pytest
import torch
from mmengine.model import BaseModule
from narrow import load_leaf, narrow_model
from tiny_fermtl import NETWORK, adversarial, make_model
from torch import nn

from mmfermtl.models.multitask.recogniser import build_recogniser
from mmfermtl.registry import MODELS


def trained(model):
    """A model whose batch norms have statistics, in evaluation mode."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            shape = module.running_mean.shape
            module.running_mean.copy_(torch.randn(shape, generator=generator))
            module.running_var.copy_(
                torch.rand(shape, generator=generator) + .5)
            with torch.no_grad():
                module.weight.copy_(
                    torch.rand(shape, generator=generator) + .5)
                module.bias.copy_(torch.randn(shape, generator=generator))
    return model.eval()


def images(channels=1, count=3, side=32):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(
        (count, channels, side, side), generator=generator) * 2 - 1


def expected(model, x):
    with torch.no_grad():
        return torch.stack(
            [s.pred_score for s in model.predict(x, synthesis=None)])


@pytest.mark.parametrize('name', [
    'fermtl_ckplus48.py', 'fer_ckplus48.py', 'fermtl_r21_ckplus.py',
    'fermtl_fersnet_ckplus48.py', 'fermtl_resnet18_ckplus.py',
    'fermtl_linear_head_ckplus48.py', 'fermtl_hard_sharing_ckplus48.py',
    'fermtl_figure_ckplus48.py'
])
def test_probabilities_are_those_of_the_model(name):
    cfg = load_leaf(name)
    narrow_model(cfg)
    model = trained(MODELS.build(cfg.model))
    weight = next(model.network.backbone.parameters())
    x = images(weight.size(1), side=96 if 'resnet' in name else 48)
    recogniser = build_recogniser(model, example=x)
    for batch in (x, x[:1]):
        with torch.inference_mode():
            found = recogniser(batch)
        torch.testing.assert_close(
            found, expected(model, batch), rtol=1e-4, atol=1e-5)


def test_norms_are_folded_and_the_model_is_not_changed():
    model, _ = adversarial()
    trained(model)
    before = copy.deepcopy(model.state_dict())
    recogniser = build_recogniser(model)
    norms = [m for m in recogniser.modules() if isinstance(m, nn.BatchNorm2d)]
    assert not norms
    assert any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    assert not any(p.requires_grad for p in recogniser.parameters())
    size = sum(p.numel() for p in recogniser.parameters())
    assert size < sum(p.numel() for p in model.network.parameters())


@pytest.mark.parametrize('name', [
    'fermtl_figure_ckplus48.py', 'fermtl_figure_ferplus-pre_ckplus48.py',
    'fermtl_cross_stitch_ckplus48.py', 'fermtl_nddr_ckplus48.py'
])
def test_units_keep_only_what_recognition_reads(name):
    """They are those of a backbone that is built for recognition."""
    cfg = load_leaf(name)
    narrow_model(cfg)
    model = trained(MODELS.build(cfg.model))
    units = build_recogniser(model, example=images(side=48)).backbone.sharing
    cfg.model.network.backbone.branches = 'fer'
    alone = MODELS.build(cfg.model.network.backbone).sharing
    assert [unit.to_fes is None
            for unit in units] == [unit.to_fes is None for unit in alone]
    assert units[-1].to_fes is None
    assert all(unit.to_fes is not None for unit in model.backbone.sharing)


def test_bfloat16_changes_little():
    model = trained(make_model())
    x = images()
    plain = build_recogniser(model)(x)
    lower = build_recogniser(model, dtype='bfloat16')(x)
    assert lower.dtype == torch.float32
    assert 0 < (plain - lower).abs().max() < 0.05


def test_a_head_whose_norm_comes_first_is_refused():

    class NormFirst(BaseModule):
        """Registers the convolution first, and runs it last."""

        num_classes = 4

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 3)
            self.norm = nn.BatchNorm2d(8)
            self.fc = nn.Linear(8, 4)

        def forward(self, feats):
            return self.fc(self.conv(self.norm(feats[-1])).mean((2, 3)))

    model = make_model(network=dict(NETWORK, head=NormFirst()))
    with pytest.raises(RuntimeError, match='right after the convolution'):
        build_recogniser(trained(model))


def test_options():
    model = make_model()
    with pytest.raises(ValueError, match="dtype='int8'"):
        build_recogniser(model, dtype='int8')
    synthesis = make_model(network=dict(NETWORK, head=None), loss_syn=None)
    with pytest.raises(ValueError, match='no head'):
        build_recogniser(synthesis)


def test_compiled_without_freezing(monkeypatch):
    seen = []
    monkeypatch.setattr(nn.Module, 'compile',
                        lambda self, **kwargs: seen.append(kwargs))
    build_recogniser(trained(make_model()), compile=True)
    assert seen == [dict(options={'freezing': False})]
