"""Scores of generated images."""
import numpy as np
import pytest
import torch

from mmfermtl.evaluation import SynthesisMetric, paired_image_scores


def noisy(amount: int, shape=(1, 32, 32)):
    rng = np.random.default_rng(0)
    real = rng.integers(amount, 256 - amount, shape, dtype=np.uint8)
    sign = rng.choice([-1, 1], shape)
    return (real + amount * sign).astype(np.uint8), real


@pytest.mark.parametrize('shape', [(1, 32, 32), (3, 32, 32)])
def test_known_error(shape):
    scores = paired_image_scores(*noisy(10, shape))
    assert scores['L1'] == pytest.approx(10 / 255)
    assert scores['PSNR'] == pytest.approx(20 * np.log10(255 / 10), abs=1e-6)
    assert 0.8 < scores['SSIM'] < 1


def test_order_and_perfection():
    near, far = (paired_image_scores(*noisy(k)) for k in (5, 60))
    assert near['L1'] < far['L1']
    assert near['SSIM'] > far['SSIM'] and near['PSNR'] > far['PSNR']
    img = noisy(9)[1]
    assert paired_image_scores(img, img) == dict(
        L1=0, SSIM=pytest.approx(1), PSNR=100)
    with pytest.raises(ValueError, match='shapes'):
        paired_image_scores(img, img[:, :5])


def test_metric_averages_over_pairs_only():
    metric = SynthesisMetric()
    fake, real = map(torch.from_numpy, noisy(10))
    pair = dict(fake_img=fake, gt_img=real)
    perfect = dict(fake_img=real, gt_img=real)
    metric.process({}, [pair, dict(fake_img=fake), perfect, {}])
    out = metric.evaluate(4)
    assert out['synthesis/pairs'] == 2
    assert out['synthesis/L1'] == pytest.approx(5 / 255)


def test_without_pairs_there_are_no_values():
    metric = SynthesisMetric()
    metric.process({}, [{}])
    assert metric.evaluate(1) == {}
