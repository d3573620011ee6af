"""mmagic's parts in our models, and ours in its translation models.

mmagic works with the original stack only, where these tests must run.
"""
import glob

import cv2
import pytest
import torch
from mmengine.runner import Runner
from narrow import shrink

pytest.importorskip('mmagic', reason='mmagic needs the original stack')


@pytest.fixture(autouse=True)
def random_vgg(monkeypatch):
    """A VGG without a download: mmagic asks for weights in any case."""
    from torchvision.models import vgg
    build = vgg.vgg11
    monkeypatch.setattr(vgg, 'vgg11', lambda pretrained: build(weights=None))


def modules(*parts):
    return [type(part).__module__.split('.')[0] for part in parts]


def test_parts_of_mmagic_in_our_model(work_dir, few_ckplus48):
    cfg = shrink('fermtl_mmagic_parts_ckplus48.py', work_dir, few_ckplus48)
    cfg.custom_hooks[1].interval = 1
    # The first few images are of one expression, and no pairs.
    cfg.train_dataloader.dataset.update(indices=None, pairs=True)
    cfg.train_dataloader.batch_size = 64
    runner = Runner.from_cfg(cfg)
    model = runner.model
    assert modules(model, model.loss_adv.loss, model.discriminator.network,
                   model.loss_feat.loss,
                   runner.visualizer) == ['mmfermtl'] + ['mmagic'] * 4
    before = [p.detach().clone() for p in model.parameters()]
    runner.train()
    assert runner.iter >= 2
    hub = runner.message_hub.log_scalars
    for name in ('loss_dis', 'loss_feat'):
        assert hub[f'train/{name}'].max() > 0, name
    # That of hinge is the mean logit, whatever its sign.
    assert 0 < abs(hub['train/loss_adv'].current()) < 100
    for part in (model.network.generator, model.discriminator):
        trained = {id(p) for p in part.parameters()}
        assert any(
            id(p) in trained and not torch.equal(p, old)
            for p, old in zip(model.parameters(), before))
    # The features that compare the images are not trained.
    assert not any(p.requires_grad for p in model.loss_feat.parameters())
    metrics = runner.test()
    assert {
        'accuracy/top1', 'synthesis/PSNR', 'synthesis/SSIM', 'synthesis/MAE'
    } <= set(metrics)
    pictures = glob.glob(f'{work_dir}/*/vis_data/vis_image/S*.png')
    # Target image and generated one, side by side, where there is a target.
    shapes = {cv2.imread(path).shape for path in pictures}
    assert (48, 96, 3) in shapes and shapes <= {(48, 96, 3), (48, 48, 3)}


def test_metrics_of_mmagic_agree_with_ours(work_dir, few_ckplus48):
    cfg = shrink('fermtl_mmagic_parts_ckplus48.py', work_dir, few_ckplus48)
    cfg.test_evaluator = [
        dict(
            type='mmfermtl.GeneratedImageMetric',
            metric=dict(type='mmagic.MAE')),
        dict(
            type='mmfermtl.GeneratedImageMetric',
            metric=dict(type='mmagic.PSNR')),
        dict(type='mmfermtl.SynthesisMetric', prefix='ours')
    ]
    found = Runner.from_cfg(cfg).test()
    assert found['synthesis/MAE'] == pytest.approx(found['ours/L1'], rel=1e-5)
    assert found['synthesis/PSNR'] == pytest.approx(
        found['ours/PSNR'], rel=1e-4)


def test_our_networks_in_a_translation_model(work_dir, few_ckplus48):
    cfg = shrink('mmagic_pix2pix_ckplus48.py', work_dir, few_ckplus48)
    runner = Runner.from_cfg(cfg)
    generator = runner.model.generators['target']
    discriminator = runner.model.discriminators['target']
    assert modules(runner.model, generator.network, generator.network.backbone,
                   discriminator.network) == ['mmagic'] + ['mmfermtl'] * 3
    before = [
        next(part.parameters()).detach().clone()
        for part in (generator, discriminator)
    ]
    runner.train()
    assert runner.iter == 2
    for part, old in zip((generator, discriminator), before):
        assert not torch.equal(next(part.parameters()), old)
    hub = runner.message_hub.log_scalars
    assert hub['train/loss_pixel'].current() > 0
    assert {'synthesis/MAE', 'synthesis/SSIM'} <= set(runner.test())
