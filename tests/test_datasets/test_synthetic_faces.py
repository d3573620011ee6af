"""The rendered dataset."""
import numpy as np
import pytest

from mmfermtl.datasets import SyntheticFaces


def test_counts_and_sequences():
    dataset = SyntheticFaces(num_subjects=10, split='all', classes=8)
    # 7 sequences a subject, each one neutral and three peak frames.
    assert len(dataset) == 10 * 7 * 4
    labels = dataset.get_gt_labels()
    assert (labels == 0).sum() == 70 and (labels == 7).sum() == 30
    info = dataset.get_data_info(0)
    assert (info['role'], info['frame_index']) == ('neutral', 0)
    assert dataset.get_data_info(3)['frame_index'] == 7
    assert len(SyntheticFaces(num_subjects=10, split='test', fold=3)) == 21


def test_same_seed_same_faces():
    one, same, other = (
        SyntheticFaces(num_subjects=2, num_folds=2, fold=0, render_seed=s)
        for s in (0, 0, 1))
    for i in (0, 7, 20):
        img = one.get_data_info(i)['img']
        assert img.shape == (48, 48) and img.dtype == np.uint8
        np.testing.assert_array_equal(img, same.get_data_info(i)['img'])
        assert (img != other.get_data_info(i)['img']).mean() > 0.5


def test_images_are_copies():
    dataset = SyntheticFaces(num_subjects=2, num_folds=2, fold=0)
    before = dataset.get_data_info(0)['img'].copy()
    dataset.get_data_info(0)['img'][:] = 0
    np.testing.assert_array_equal(dataset.get_data_info(0)['img'], before)


def test_nothing_is_rendered_before_it_is_used():
    dataset = SyntheticFaces(num_subjects=2, num_folds=2, fold=0, pairs=True)
    repr(dataset), dataset.get_gt_labels(), dataset.target_sampler
    assert not dataset._rendered
    dataset[3]
    assert 1 <= len(dataset._rendered) <= 2


def test_size_and_colour():
    dataset = SyntheticFaces(
        num_subjects=2, num_folds=2, fold=0, image_size=64, channels=3)
    assert dataset.get_data_info(0)['img'].shape == (64, 64, 3)


@pytest.mark.parametrize('kwargs', [
    dict(num_subjects=0),
    dict(num_frames=3, peak_frames=3),
    dict(peak_frames=0)
])
def test_wrong_numbers(kwargs):
    with pytest.raises(ValueError, match='need at least one subject'):
        SyntheticFaces(split='all', **kwargs)
