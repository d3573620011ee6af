"""The Taiwan corpus on a rendered tree with the official counts."""
import os.path as osp
import shutil

import pytest
from wild_trees import TAIWAN_COUNTS, render_taiwan

from mmfermtl.datasets import TaiwaneseFaces

SEVEN = [
    'neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'
]


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return render_taiwan(str(tmp_path_factory.mktemp('taiwan')), TAIWAN_COUNTS)


def test_counts_and_names(tree):
    dataset = TaiwaneseFaces(tree, split='all')
    assert '29 subjects' in repr(dataset) and len(dataset) == 1154
    assert 'anger 200, disgust 198, fear 151, happiness 226, sadness 197' in (
        repr(dataset))
    # Nine calm images have a 0 in the place of their letter.
    folder = osp.join(tree, 'Taiwanese', 'faces_256x256')
    dataset = TaiwaneseFaces(folder, split='all', classes=SEVEN)
    assert len(dataset) == 1223
    sample = dataset[0]
    assert sample['subject'] == '01'


def test_the_odd_names_are_calm(tree, tmp_path):
    root = shutil.copytree(tree, str(tmp_path / 'a'))
    folder = osp.join(root, 'Taiwanese', 'faces_256x256')
    shutil.copy(
        osp.join(folder, '0101a00.jpg'), osp.join(folder, '1201002.jpg'))
    dataset = TaiwaneseFaces(root, split='all', classes=SEVEN)
    assert len(dataset) == 1224
    assert dataset.get_gt_labels().tolist().count(0) == 70


def test_pairs_and_folds(tree):
    dataset = TaiwaneseFaces(
        tree, split='train', fold=0, pairs=True, classes=SEVEN)
    test = TaiwaneseFaces(tree, split='test', fold=0, classes=SEVEN)
    assert not set(dataset.get_subjects()) & set(test.get_subjects())
    dataset.set_draw_state(0, 0)
    sample = dataset[0]
    name = osp.basename(sample['target_img_path'])
    assert name.startswith(sample['subject'])


def test_contempt_may_lack_where_sets_are_joined(tree):
    with pytest.raises(ValueError, match='no image of contempt.*`may_lack`'):
        TaiwaneseFaces(tree, split='all', classes=8)
    options = dict(split='train', fold=0, classes=8, may_lack=['Contempt'])
    dataset = TaiwaneseFaces(tree, pairs=dict(unpaired=1.), **options)
    assert not dataset.problems
    labels = set(dataset.get_gt_labels().tolist())
    missing = dataset.CLASSES.index('contempt')
    assert labels == set(range(8)) - {missing}
    # It may be a target all the same, of which there is no image.
    dataset.set_draw_state(0, 0)
    targets = [dataset[i] for i in range(100)]
    targets = [t for t in targets if t['target_label'] == missing]
    assert targets and 'target_img_path' not in targets[0]
    with pytest.raises(ValueError, match='unknown expression .calm.'):
        TaiwaneseFaces(tree, split='all', may_lack=['calm'])


def test_types(tree):
    theatric = TaiwaneseFaces(tree, split='all', types=['theatric'])
    assert 0 < len(theatric) < 1154
    assert theatric.left_out['images of other types'] == 1154 - len(theatric)
    with pytest.raises(ValueError, match="types=.'acted'.; give a list"):
        TaiwaneseFaces(tree, types=['acted'])


def test_faults(tmp_path):
    with pytest.raises(FileNotFoundError, match='found no image'):
        TaiwaneseFaces(str(tmp_path))
    (tmp_path / 'photo.jpg').write_bytes(b'')
    with pytest.raises(ValueError, match='photo.jpg: file name does not fit'):
        TaiwaneseFaces(str(tmp_path))
