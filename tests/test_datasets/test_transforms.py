"""The transforms."""
import numpy as np
import pytest
import torch
from PIL import Image

from mmfermtl.datasets import (ApplyToPair, LoadFace, PackExpressionInputs,
                               ToGray)
from mmfermtl.datasets.image_cache import shared_cache
from mmfermtl.registry import TRANSFORMS


def pair(shape=(20, 20)):
    rng = np.random.default_rng(0)
    img = rng.integers(0, 256, shape, dtype=np.uint8)
    return dict(img=img, target_img=img.copy(), gt_label=1, target_label=2)


@pytest.mark.parametrize('shape', [(20, 20), (20, 20, 3)])
def test_pair_shares_every_draw(shape):
    """Crop, flip and draws of torchvision's transforms, on equal images."""
    transform = ApplyToPair([
        dict(type='mmpretrain.RandomCrop', crop_size=16),
        dict(type='mmpretrain.RandomFlip', prob=0.5),
        dict(type='mmpretrain.NumpyToPIL'),
        dict(type='mmpretrain.torchvision/RandomAffine', degrees=20),
        dict(
            type='mmpretrain.torchvision/ColorJitter',
            brightness=0.3,
            contrast=0.3),
        dict(type='mmpretrain.PILToNumpy'),
    ])
    seen = set()
    for seed in range(10):
        np.random.seed(seed)
        torch.manual_seed(seed)
        out = transform(pair(shape))
        np.testing.assert_array_equal(out['img'], out['target_img'])
        assert out['img'].shape[:2] == (16, 16)
        seen.add(out['img'].tobytes())
    assert len(seen) == 10


def test_pair_keeps_the_images_apart():
    data = pair()
    data['target_img'] = 255 - data['img']
    out = ApplyToPair([dict(type='mmpretrain.RandomFlip', prob=1.)])(data)
    np.testing.assert_array_equal(out['target_img'], 255 - out['img'])


def test_source_alone_draws_as_in_a_pair():
    transform = ApplyToPair([dict(type='mmpretrain.RandomCrop', crop_size=8)])
    data = pair()
    np.random.seed(3)
    both = transform(dict(data))['img']
    data.pop('target_img')
    np.random.seed(3)
    out = transform(data)
    np.testing.assert_array_equal(out['img'], both)
    assert 'target_img' not in out


def test_to_gray():
    colour = pair((6, 5, 3))
    grey = ToGray()(dict(colour))
    want = colour['img'] @ np.array([.114, .587, .299])
    assert grey['img'].shape == grey['target_img'].shape == (6, 5)
    assert np.abs(grey['img'] - want).max() <= 1
    data = pair((6, 5))
    assert ToGray()(dict(data))['img'] is data['img']
    assert ToGray()(pair((6, 5, 1)))['img'].shape == (6, 5)


def test_pack():
    out = PackExpressionInputs()(dict(pair((6, 5, 3)), subject='S1'))
    sample = out['data_samples']
    assert out['inputs'].shape == sample.gt_img.shape == (3, 6, 5)
    assert out['inputs'].dtype == sample.gt_img.dtype == torch.uint8
    assert (int(sample.gt_label), int(sample.target_label)) == (1, 2)
    assert sample.subject == 'S1'
    bare = PackExpressionInputs()(dict(img=np.zeros((6, 5), np.uint8)))
    assert bare['inputs'].shape == (1, 6, 5)
    assert 'gt_label' not in bare['data_samples']


def test_pack_refuses_a_pair_of_different_shapes():
    data = dict(pair(), target_img=np.zeros((9, 9), np.uint8))
    with pytest.raises(ValueError, match=r'\(20, 20\), its target None'):
        PackExpressionInputs()(data)


def test_load_caches_images_and_returns_copies(tmp_path, monkeypatch):
    path = str(tmp_path / 'a ä.png')
    Image.fromarray(np.full((4, 4), 9, np.uint8)).save(path)
    load = LoadFace('grayscale')
    load(dict(img_path=path))['img'][:] = 0
    monkeypatch.setattr(Image, 'open', None)
    out = load(dict(img_path=path, target_img_path=path))
    assert out['img'].min() == out['target_img'].min() == 9
    assert out['ori_shape'] == (4, 4)


def test_load_cache_is_bounded(tmp_path):
    size = 20.5 / 2**20  # no other test's
    load = LoadFace('grayscale', cache_mb=size)
    for k in range(3):
        path = str(tmp_path / f'{k}.png')
        Image.fromarray(np.full((4, 4), k, np.uint8)).save(path)
        assert load(dict(img_path=path))['img'].max() == k
    assert shared_cache(size).used == 16


def test_a_file_that_was_replaced_is_read_again(tmp_path):
    path = str(tmp_path / 'a.png')
    for value, side in ((5, 4), (6, 5)):
        Image.fromarray(np.full((side, side), value, np.uint8)).save(path)
        img = LoadFace('grayscale')(dict(img_path=path))['img']
        assert img.shape == (side, side) and img.max() == value
    assert LoadFace('color')(dict(img_path=path))['img'].shape == (5, 5, 3)


@pytest.mark.parametrize('shape', [(6, 5), (6, 5, 1), (6, 5, 3)])
@pytest.mark.parametrize('color_type, ndim', [('grayscale', 2), ('color', 3)])
def test_ready_images_get_the_color_type(shape, color_type, ndim):
    data = pair(shape)
    out = LoadFace(color_type)(dict(data))
    grey = ToGray()(dict(data))
    for key in ('img', 'target_img'):
        assert out[key].squeeze().ndim == ndim
        np.testing.assert_array_equal(ToGray()(dict(img=out[key]))['img'],
                                      grey[key])


def test_load_does_not_change_a_loaded_image():
    """mmpretrain's inferencer has loaded the image already."""
    img = np.zeros((5, 5, 3), np.uint8)
    assert LoadFace()(dict(img=img))['img'] is img


def test_load_names_what_is_missing():
    with pytest.raises(FileNotFoundError, match='none.png: not found'):
        LoadFace()(dict(img_path='none.png'))
    with pytest.raises(KeyError, match='needs `img_path` or `img`'):
        LoadFace()(dict(gt_label=1))
    with pytest.raises(ValueError, match="color_type='rgb'"):
        TRANSFORMS.build(dict(type='mmfermtl.LoadFace', color_type='rgb'))


def test_pack_a_mixture():
    score = np.array([0, .25, .75], np.float32)
    out = PackExpressionInputs()(dict(
        img=np.zeros((6, 5), np.uint8),
        gt_label=0,
        target_label=2,
        target_score=score))['data_samples']
    assert out.target_score.tolist() == [0, .25, .75]
    assert out.target_score.dtype == torch.float32
    assert out.mixed_target and out.target_label.tolist() == [2]
