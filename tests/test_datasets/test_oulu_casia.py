"""Oulu-CASIA on rendered trees with the official names and counts."""
import os
import os.path as osp
import shutil
from collections import Counter

import pytest
from official_trees import OULU_SUBJECTS, link_tree, render_oulu

from mmfermtl.datasets import OuluCASIA


@pytest.fixture(scope='module')
def full_tree(tmp_path_factory) -> str:
    return render_oulu(str(tmp_path_factory.mktemp('oulu')))


@pytest.fixture
def tree(tmp_path) -> str:
    return render_oulu(str(tmp_path / 'oulu'), OULU_SUBJECTS[:3])


def read(root: str, **kwargs) -> OuluCASIA:
    return OuluCASIA(root, **dict(dict(split='all'), **kwargs))


def test_official_counts(full_tree):
    dataset = read(full_tree, strict=True)
    counts = Counter(dataset.get_gt_labels().tolist())
    assert counts == {k: 240 for k in range(6)}
    assert '80 subjects, 480 sequences, 1440 images' in repr(dataset)
    for fold in (0, 9):
        test = read(full_tree, split='test', fold=fold)
        assert len(test) == 144
        subjects = sorted(set(test.get_subjects()))
        assert subjects == OULU_SUBJECTS[fold::10]
    assert len(read(full_tree, classes=[
        'neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness',
        'surprise'
    ])) == 1920  # yapf: disable


def test_fixed_split_of_exprgan(full_tree):
    rule = dict(test=[f'P{n:03d}' for n in range(73, 81)])
    test = read(full_tree, split='test', fold=0, fold_rule=rule)
    train = read(full_tree, split='train', fold=0, fold_rule=rule)
    assert (len(train), len(test)) == (1296, 144)


@pytest.mark.parametrize('inner', [
    'B_OriginalImg/B_OriginalImg/OriginalImg', 'B_OriginalImg',
    'Oulu_CASIA_NIR_VIS', '.'
])
def test_nestings_seen_in_the_wild(tree, tmp_path, inner):
    root = tmp_path / 'x'
    shutil.copytree(osp.join(tree, 'OriginalImg'), str(root / inner))
    assert len(read(str(root), strict=True)) == 3 * 6 * 3


def test_conditions_and_crops(tree):
    for condition in ('PreProcess Img/VL_Acropped/Strong',
                      'OriginalImg/NI/Dark', 'OriginalImg/VL/Weak'):
        render_oulu(tree, OULU_SUBJECTS[:2], condition=condition)
    with open(osp.join(tree, 'PreProcess Img', 'change_log.txt'), 'w') as file:
        file.write('log')
    cropped = read(tree, strict=True)
    assert len(cropped) == 36  # the crops are preferred
    assert 'VL_Acropped' in cropped.get_record(0)['img_path']
    assert len(read(tree, images='original')) == 54
    dark = read(tree, modality='NI', illumination='Dark')
    assert '/NI/Dark/' in dark.get_record(0)['img_path']
    with pytest.raises(ValueError, match='none of 0 sequences.*options'):
        read(tree, modality='NI', illumination='Weak')


def test_missing_sequence_is_counted(full_tree, tmp_path):
    """A copy with 479 sequences is known."""
    root = link_tree(full_tree, str(tmp_path / 'copy'))
    gone = osp.join(root, 'OriginalImg/VL/Strong/P018/Disgust')
    shutil.rmtree(gone)
    os.makedirs(gone)
    dataset = read(root)
    assert len(dataset) == 1437
    assert len(dataset.problems) == 1
    assert '(VL/Strong): sequence P018/Disgust is missing' in str(
        dataset.problems)
    with pytest.raises(ValueError, match='P018/Disgust'):
        read(root, strict=True)


def test_other_files_are_passed_over(tree):
    folder = osp.join(tree, 'OriginalImg/VL/Strong/P001/Anger')
    before = len(read(tree))
    for name in ('Thumbs.db', '099.txt', '.DS_Store', 'notes.jpeg'):
        with open(osp.join(folder, name), 'w') as file:
            file.write('x')
    assert len(read(tree, strict=True)) == before


def test_unknown_folder_and_copies(tree):
    strong = osp.join(tree, 'OriginalImg/VL/Strong')
    shutil.copytree(
        osp.join(strong, 'P001/Anger'), osp.join(strong, 'P001/Joyful'))
    shutil.copytree(strong, osp.join(tree, 'old/VL/Strong'))
    text = '\n'.join(read(tree).problems)
    assert 'Joyful: unknown expression, expected one of Anger' in text
    assert 'remove one of the copies' in text


@pytest.mark.parametrize('options', [
    dict(modality='RGB'),
    dict(illumination='Bright'),
    dict(images='raw'),
])
def test_wrong_options(tree, options):
    with pytest.raises(ValueError, match='give one of'):
        read(tree, **options)
