"""Mouth and eyes of generated images, with known results."""
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmfermtl.evaluation import (RegionSimilarity, SharpnessRatio,
                                 paired_image_scores)
from mmfermtl.evaluation.functional.face_regions import (crop_region,
                                                         gradient_energy,
                                                         region_similarity)

WHOLE = dict(all=(0, 0, 1, 1))


def noise(seed=0, side=48, channels=1):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (channels, side, side), dtype=np.uint8)


def blurred(image, width=3):
    """Average over windows of an image ``(C, H, W)`` uint8."""
    pad = width // 2
    image = F.pad(image.float()[None], (pad, ) * 4, 'reflect')
    return F.avg_pool2d(image, width, 1)[0].round().byte()


def test_crops():
    image = np.arange(100).reshape(1, 10, 10)
    assert crop_region(image, (0.2, 0.5, 0.4, 0.8)).tolist() == [[[52, 53],
                                                                  [62, 63],
                                                                  [72, 73]]]
    assert crop_region(image, (0, 0, 0.01, 0.01)).shape == (1, 2, 2)


@pytest.mark.parametrize('box', [(0, 0, 1), (0.5, 0, 0.5, 1), (-0.1, 0, 1, 1),
                                 (0, 0, 1, 48), (0, float('nan'), 1, 1)])
@pytest.mark.parametrize('metric', [RegionSimilarity, SharpnessRatio])
def test_boxes_outside_of_the_image(metric, box):
    with pytest.raises(ValueError, match='region nose: found .* fractions'):
        metric(regions=dict(nose=box))


def test_gradient_energy():
    ramp = np.broadcast_to(np.arange(10, dtype=np.uint8) * 5,
                           (3, 10, 10)).copy()
    found = gradient_energy(ramp, WHOLE)
    assert found['all'] == pytest.approx((5 / 255)**2)
    # What changes at every pixel counts.
    board = (np.indices((8, 8)).sum(0) % 2 * 255).astype(np.uint8)[None]
    assert gradient_energy(board, WHOLE)['all'] == 2


def test_similarity_of_a_region():
    """Only the lower half differs."""
    real = noise(channels=3)
    fake = real.copy()
    fake[:, 30:] = noise(1, channels=3)[:, 30:]
    halves = dict(top=(0, 0, 1, 0.5), bottom=(0, 0.75, 1, 1))
    found = region_similarity(fake, real, halves)
    assert found['top'] == pytest.approx(1)
    assert found['bottom'] < 0.2
    whole = region_similarity(fake, real, WHOLE)['all']
    assert whole == pytest.approx(
        paired_image_scores(fake, real)['SSIM'], abs=0.05)
    with pytest.raises(ValueError, match='shapes'):
        region_similarity(fake, real[:1], WHOLE)


def test_similarity_metric():
    real = torch.from_numpy(noise())
    pair = dict(fake_img=torch.from_numpy(noise(1)), gt_img=real)
    metric = RegionSimilarity()
    metric.process({}, [pair, dict(fake_img=real, gt_img=real), {}])
    found = metric.evaluate(3)
    assert set(found) == {
        'region/mouth_SSIM', 'region/eyes_SSIM', 'region/pairs'
    }
    assert found['region/pairs'] == 2
    assert 0.45 < found['region/mouth_SSIM'] < 0.6
    metric.process({}, [{}])
    assert metric.evaluate(1) == {}


def sharpness(images, samples, **options):
    metric = SharpnessRatio(**options)
    metric.dataset_meta = dict(classes=('a', 'b', 'c'))
    metric.process(dict(inputs=images), samples)
    return metric.evaluate(len(samples))


def swapped(change):
    """Two subjects, each mapped to the changed image of the other."""
    one, two = torch.from_numpy(np.stack([noise(0), noise(1)]))
    samples = [
        dict(
            gt_label=torch.tensor([k]),
            target_label=torch.tensor([1 - k]),
            fake_img=change((two, one)[k])) for k in (0, 1)
    ]
    return [one, two], samples


def test_images_as_sharp_as_real_ones():
    found = sharpness(*swapped(lambda image: image))
    assert found['sharpness/mouth'] == pytest.approx(1)
    assert found['sharpness/eyes'] == pytest.approx(1)
    assert found['sharpness/mouth_by_class'] == [
        pytest.approx(1), pytest.approx(1), None
    ]
    assert found['sharpness/images'] == 2


def test_blurred_and_noisy_images():
    values = [
        sharpness(*swapped(change))['sharpness/mouth']
        for change in (lambda x: blurred(x, 5), blurred, lambda x: x // 2,
                       lambda x: (x > 127).byte() * 255)
    ]
    assert values == sorted(values)
    assert values[1] < values[2] == pytest.approx(0.25, abs=0.01)
    assert values[3] > 1


def test_what_a_target_is_compared_with():
    """Class 1 is four times as strong as class 0, energy sixteen times."""
    low = torch.from_numpy(noise(0, 24) // 4)
    images = [low, low * 4]
    samples = [
        # To itself, which does not count, and to the other two.
        dict(
            gt_label=torch.tensor([0]),
            fake_imgs=torch.stack([low * 0, low, low])),
        dict(gt_label=torch.tensor([1])),
    ]
    found = sharpness(images, samples, regions=WHOLE)
    assert found['sharpness/all'] == pytest.approx(1 / 16)
    assert found['sharpness/all_by_class'] == [
        None, pytest.approx(1 / 16), None
    ]
    assert found['sharpness/images'] == 1
    flat = [torch.zeros(1, 24, 24, dtype=torch.uint8)] * 2
    assert sharpness(flat, samples, regions=WHOLE)['sharpness/all'] is None


def test_without_generated_images(capsys):
    assert sharpness([torch.from_numpy(noise())],
                     [dict(gt_label=torch.tensor([0]))]) == {}
    out = capsys.readouterr()
    assert 'SharpnessRatio gives no number' in out.out + out.err
