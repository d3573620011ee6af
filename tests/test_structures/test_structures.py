"""Samples and image ranges."""
import numpy as np
import pytest
import torch

from mmfermtl.structures import (ExpressionDataSample, to_network_range,
                                 to_picture)


@pytest.mark.parametrize('value', [
    3,
    np.int64(3), [3],
    np.array([3]),
    torch.tensor(3),
    torch.tensor([3], dtype=torch.int32)
])
def test_labels_of_any_kind(value):
    """np.int64 is what indexing gives and mmpretrain's sample refuses."""
    sample = ExpressionDataSample().set_gt_label(value)
    assert sample.gt_label.dtype == torch.int64
    assert sample.gt_label.tolist() == [3]


def test_setters_chain_and_agree_on_the_classes():
    sample = ExpressionDataSample().set_pred_score([.1, .9]).set_pred_label(1)
    sample.set_target_label(0).set_target_score(torch.tensor([1., 0.]))
    sample.set_gt_score(np.array([.5, .5]))
    assert sample.num_classes == 2
    with pytest.raises(ValueError, match='3 entries, but .* 2 classes'):
        sample.set_target_score([1., 0., 0.])
    with pytest.raises(ValueError, match=r'vector \(E, \), got shape \(1, 2'):
        sample.set_gt_score([[.5, .5]])


def test_ranges_are_inverse():
    image = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    tensor = to_network_range(image)
    assert tensor.min() == -1 and tensor.max() == 1
    torch.testing.assert_close(to_picture(tensor), image)
    outside = to_picture(torch.tensor([-7., 7.]))
    assert outside.tolist() == [0, 255] and outside.dtype == torch.uint8
