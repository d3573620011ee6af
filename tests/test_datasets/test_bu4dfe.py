"""BU-4DFE on rendered trees with the official names and counts."""
import os
import os.path as osp
import shutil
from collections import Counter

import pytest
from official_trees import BU_SUBJECTS, render_bu4dfe

from mmfermtl.datasets import BU4DFE


@pytest.fixture(scope='module')
def full_tree(tmp_path_factory) -> str:
    return render_bu4dfe(str(tmp_path_factory.mktemp('bu')))


@pytest.fixture
def tree(tmp_path) -> str:
    return render_bu4dfe(str(tmp_path / 'bu'), BU_SUBJECTS[56:59])


def test_official_counts(full_tree):
    dataset = BU4DFE(full_tree, split='all', strict=True)
    assert Counter(dataset.get_gt_labels().tolist()) == {
        k: 303
        for k in range(6)
    }
    assert '101 subjects, 606 sequences, 1818 images' in repr(dataset)
    sizes = [len(BU4DFE(full_tree, split='test', fold=k)) for k in range(10)]
    assert sizes == [198] + [180] * 9


def test_peak_is_in_the_middle(full_tree):
    dataset = BU4DFE(full_tree, split='all', neutral_frames=1)
    records = [dataset.get_record(i) for i in (-1, 0, 1, 2)]
    assert [r['frame_index'] for r in records] == [0, 5, 6, 7]
    assert [r['gt_label'] for r in records] == [-1, 0, 0, 0]
    assert [r['role'] for r in records] == ['neutral'] + ['peak'] * 3


def test_problems(tree):
    shutil.rmtree(osp.join(tree, 'F057/Happy'))
    os.remove(osp.join(tree, 'F058/Sad/006.jpg'))
    dataset = BU4DFE(tree, split='all')
    text = '\n'.join(dataset.problems)
    assert 'F057/Happy is missing or empty' in text
    assert 'frame 6 of sequence F058/Sad is missing from the tree' in text
    assert len(dataset) == 3 * 3 * 6 - 6
    with pytest.raises(ValueError, match='F057/Happy'):
        BU4DFE(tree, split='all', strict=True)


def test_wrong_root(tmp_path):
    (tmp_path / 'F001').mkdir()
    with pytest.raises(ValueError, match='none of 0 sequences.*F001 ... M043'):
        BU4DFE(str(tmp_path), split='all')
