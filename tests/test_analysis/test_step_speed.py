"""Measured steps; the times depend on the machine and are not tested."""
import pytest
from narrow import load_leaf, narrow_model

from mmfermtl.analysis.speed.step_speed import measure_speed, summarize_times
from mmfermtl.apis import UserError


def narrow_leaf(name):
    cfg = load_leaf(name)
    narrow_model(cfg)
    cfg.train_dataloader.batch_size = 3
    cfg.test_dataloader.batch_size = 2
    return cfg


# Adversarial in colour at 96 px, two datasets in one, one task alone.
@pytest.mark.parametrize('name', [
    'fermtl_r21_ckplus.py', 'fermtl_enlarged_ckplus48.py', 'fer_ckplus48.py',
    'fermtl_oulucasia.py', 'mmpretrain_classifier_ckplus48.py'
])
def test_any_config_without_its_data(name):
    cfg = narrow_leaf(name)
    found, = measure_speed(cfg, steps=2, warmup=1)
    assert len(found.train.seconds) == len(found.test.seconds) == 2
    assert len(found.losses) == 3 and min(found.losses) > 0
    row = summarize_times(found, cfg, found)
    assert row['loss_change'] == 0 and row['speed'] == 1
    assert row['images_s'] == pytest.approx(3e3 / row['ms'])
    assert row['test_images_s'] == pytest.approx(2e3 / row['test_ms'])


def test_variants_start_from_the_same_weights():
    """Lower precision changes the losses."""
    cfg = narrow_leaf('fermtl_ckplus48.py')
    cfg.model.network.compile = dict(backend='eager')
    plain, again, lower, brain, compiled = measure_speed(
        cfg, ('float32', 'float32', 'amp', 'bf16', 'compile'),
        steps=2,
        warmup=0)
    assert again.losses == plain.losses
    # Both are bfloat16 on a CPU.
    assert brain.losses == lower.losses
    change = summarize_times(lower, cfg, plain)['loss_change']
    assert 1e-6 < change < 0.1
    assert compiled.losses == pytest.approx(plain.losses, rel=1e-3)
    assert 'compile' in cfg.model.network


def test_variants_that_are_refused():
    cfg = narrow_leaf('mmpretrain_classifier_ckplus48.py')
    with pytest.raises(UserError, match='no network to compile'):
        measure_speed(cfg, ('compile', ), steps=1)
    with pytest.raises(UserError, match='expected variants of float32'):
        measure_speed(cfg, ('fp8', ))
