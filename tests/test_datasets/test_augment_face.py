"""One affine map and one table, against what torchvision and mmpretrain do."""
import cv2
import numpy as np
import pytest
import torch
import torchvision.transforms.functional as F
from PIL import Image

from mmfermtl.datasets import AugmentFace
from mmfermtl.datasets.transforms.augment_face import _recolour
from mmfermtl.registry import TRANSFORMS


def face(shape=(40, 40), seed=0):
    """A smooth random image: interpolations of it differ little."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, *shape[2:]))
    small = Image.fromarray(small.astype(np.uint8))
    return np.asarray(small.resize(shape[1::-1], Image.Resampling.BICUBIC))


def test_without_options_nothing_changes():
    for shape in ((40, 40), (40, 30, 3)):
        img = face(shape)
        out = AugmentFace()(dict(img=img.copy()))
        np.testing.assert_array_equal(out['img'], img)
        assert out['img_shape'] == shape[:2]


def test_flip_is_exact():
    img = face((12, 15))
    out = AugmentFace(flip_prob=1.)(dict(img=img))['img']
    np.testing.assert_array_equal(out, img[:, ::-1])


@pytest.mark.parametrize('padding', [0, 3])
def test_random_crop_is_exact_and_reaches_every_position(padding):
    img = np.random.default_rng(0).integers(0, 256, (9, 10), dtype=np.uint8)
    padded = np.pad(img, padding, mode='edge')
    places = {
        padded[y:y + 7, x:x + 7].tobytes(): (y, x)
        for y in range(3 + 2 * padding)
        for x in range(4 + 2 * padding)
    }
    transform = AugmentFace(size=7, crop='random', padding=padding)
    np.random.seed(0)
    seen = [
        places[transform(dict(img=img.copy()))['img'].tobytes()]
        for _ in range(2000)
    ]
    assert set(seen) == set(places.values())


def test_random_crop_of_a_small_image_is_refused():
    img = face((48, 48))
    with pytest.raises(
            ValueError, match='size=96.*has 48 pixels too few.*adds 46;'):
        AugmentFace(size=96, crop='random', padding=23)(dict(img=img))
    out = AugmentFace(size=96, crop='random', padding=24)(dict(img=img))
    np.testing.assert_array_equal(out['img'][24:72, 24:72], img)
    out = AugmentFace(size=96)(dict(img=img))
    np.testing.assert_array_equal(out['img'][24:72, 24:72], img)


def test_centre_crop_is_exact():
    img = face((14, 12, 3))
    out = AugmentFace(size=8)(dict(img=img))['img']
    np.testing.assert_array_equal(out, img[3:11, 2:10])


@pytest.mark.parametrize('angle,shift,zoom',
                         [(10, (0, 0), 1.), (0, (3, -2), 1.), (0, (0, 0), 1.1),
                          (-7, (-2, 1), .92)])
def test_map_is_that_of_torchvision(angle, shift, zoom, monkeypatch):
    img = face()
    draws = iter([angle, *(s / 40 for s in shift), zoom])
    monkeypatch.setattr(np.random, 'uniform', lambda a, b: next(draws))
    out = AugmentFace(
        degrees=10, translate=(.1, .1), scale=(.9, 1.1))(dict(img=img))['img']
    padded = Image.fromarray(np.pad(img, 10, mode='edge'))
    want = F.affine(
        padded,
        angle,
        list(shift),
        zoom, [0., 0.],
        interpolation=F.InterpolationMode.BILINEAR)
    want = np.asarray(want)[10:-10, 10:-10]
    error = np.abs(out.astype(int) - want.astype(int))
    assert error.mean() < 0.6 and error.max() <= 4


@pytest.mark.parametrize('method,low,high', [('bilinear', .5, .8),
                                             ('bicubic', .85, 1.05)])
def test_how_much_of_the_sharpness_is_kept(method, low, high):
    # Detail of the size of teeth and eyelids.
    noise = np.random.default_rng(0).integers(0, 256, (200, 200))
    img = cv2.GaussianBlur(noise.astype(np.uint8), (0, 0), .7)
    move = AugmentFace(degrees=15, interpolation=method)
    moved = [move(dict(img=img, draw_seed=k))['img'] for k in range(20)]
    sharpness = [
        np.mean([energy(one[50:150, 50:150]) for one in images])
        for images in (moved, [img])
    ]
    assert low < sharpness[0] / sharpness[1] < high


def energy(img):
    return sum((np.diff(img.astype(float), axis=k)**2).mean() for k in (0, 1))


@pytest.mark.parametrize('shape', [(40, 40), (40, 40, 3)])
@pytest.mark.parametrize('brightness', [.8, 1.2])
@pytest.mark.parametrize('contrast', [.8, 1.2])
def test_colours_are_those_of_torchvision(shape, brightness, contrast):
    img = face(shape)
    out = _recolour(img, brightness, contrast)
    # torch's images are RGB.
    tensor = torch.from_numpy(np.atleast_3d(img)[..., ::-1].copy())
    tensor = tensor.permute(2, 0, 1)
    want = F.adjust_contrast(F.adjust_brightness(tensor, brightness), contrast)
    want = want.permute(1, 2, 0).numpy()[..., ::-1].reshape(img.shape)
    assert np.abs(out.astype(int) - want.astype(int)).max() <= 2


def test_source_and_target_share_the_draws():
    transform = TRANSFORMS.build(
        dict(
            type='mmfermtl.AugmentFace',
            size=24,
            crop='random',
            degrees=15,
            translate=(.1, .1),
            scale=(.8, 1.2),
            brightness=.3,
            contrast=.3,
            flip_prob=.5))
    seen = set()
    for seed in range(8):
        np.random.seed(seed)
        out = transform(dict(img=face(), target_img=face()))
        np.testing.assert_array_equal(out['img'], out['target_img'])
        np.random.seed(seed)
        alone = transform(dict(img=face()))
        np.testing.assert_array_equal(out['img'], alone['img'])
        assert out['img'].shape == (24, 24) == out['img_shape']
        seen.add(out['img'].tobytes())
    assert len(seen) == 8
    assert repr(transform).startswith('AugmentFace(size=24, crop=')


def test_another_size_of_the_target_is_refused():
    """Both were cut to one size, of different parts of the face."""
    pair = dict(
        img=face((40, 40)),
        target_img=face((80, 80)),
        img_path='a.png',
        target_img_path='b.png')
    for transform in (AugmentFace(size=40), AugmentFace(flip_prob=1.)):
        with pytest.raises(
                ValueError, match=r'a.png has \(40, 40\).*b.png \(80, 80\)'):
            transform(dict(pair))


def test_two_of_one_pipeline_draw_different_numbers():
    """The first draws as it does alone."""
    img = face()
    pair = [AugmentFace(flip_prob=.5) for _ in range(2)]
    both = []
    for seed in range(64):
        once = pair[0](dict(img=img, draw_seed=seed))
        twice = pair[1](dict(once))
        both.append((not np.array_equal(once['img'], img),
                     not np.array_equal(twice['img'], once['img'])))
        again = pair[0](dict(img=img, draw_seed=seed))
        assert again['draw_seed'] == once['draw_seed'] != seed
    # All four cases come about equally often.
    assert min(map(both.count, set(both))) > 6 and len(set(both)) == 4


def test_erased_rectangles():
    transform = AugmentFace(erase_prob=1., erase_area=(.1, .2))
    white = np.full((40, 40), 255, np.uint8)
    shares, levels = [], set()
    for seed in range(40):
        out = transform(
            dict(img=white, target_img=white.copy(), draw_seed=seed))
        rows, columns = np.nonzero(out['img'] != 255)
        if not len(rows):  # erased to white
            continue
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert len(rows) == height * width
        assert 1 / 4 < height / width < 4
        shares.append(len(rows) / white.size)
        levels.update(out['img'][rows, columns].tolist())
        np.testing.assert_array_equal(out['img'], out['target_img'])
    assert len(shares) >= 38 and .08 < min(shares) < max(shares) < .24
    assert len(levels) > 20 and white.min() == 255
    # Without it the draws of the others are what they were.
    for options in (dict(), dict(erase_prob=0.)):
        out = AugmentFace(
            flip_prob=.5, **options)(
                dict(img=face(), draw_seed=3))
        np.testing.assert_array_equal(
            out['img'],
            AugmentFace(flip_prob=.5)(dict(img=face(), draw_seed=3))['img'])


@pytest.mark.parametrize('options,message',
                         [(dict(crop='left'), "crop='left'"),
                          (dict(scale=(1.1, .9)), 'scale='),
                          (dict(scale=(0., 1.)), 'above 0'),
                          (dict(brightness=2.), 'from 0 to 1'),
                          (dict(interpolation='cubic'), "interpolation='cub"),
                          (dict(erase_area=(0., .2)), 'erase_area=')])
def test_options(options, message):
    with pytest.raises(ValueError, match=message):
        AugmentFace(**options)
