"""CK+48 on a rendered tree with the official names and counts."""
import os
import os.path as osp
import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from rendered_trees import (CKPLUS_SUBJECTS, CLASS_SEQUENCES, FOLD_SEQUENCES,
                            ckplus_sequences, render_ckplus48)

from mmfermtl.datasets import CKPlus48, LoadFace


@pytest.fixture(scope='module')
def full_tree(tmp_path_factory) -> str:
    return render_ckplus48(str(tmp_path_factory.mktemp('full')), faces=False)


@pytest.fixture(scope='module')
def few_subjects(tmp_path_factory) -> str:
    shown = ckplus_sequences()
    subjects = {
        next(s for s in CKPLUS_SUBJECTS if name in shown[s])
        for name in CLASS_SEQUENCES
    }
    return render_ckplus48(
        str(tmp_path_factory.mktemp('few')), sorted(subjects))


@pytest.fixture
def tree(few_subjects, tmp_path) -> str:
    """A few subjects with all expressions, whose files can be broken."""
    return shutil.copytree(few_subjects, str(tmp_path / 'CK'))


def test_official_counts(full_tree):
    dataset = CKPlus48(full_tree, split='all')
    counts = Counter(dataset.get_gt_labels().tolist())
    assert [counts[k]
            for k in range(7)] == [3 * n for n in CLASS_SEQUENCES.values()]
    assert len(dataset) == 981 and len(set(dataset.get_subjects())) == 118
    assert '118 subjects, 327 sequences, 981 images: anger 135' in repr(
        dataset)
    sample = dataset.get_data_info(2)
    assert sample['num_frames'] == sample['frame_index'] + 1
    assert sample['role'] == 'peak'


def test_ten_folds(full_tree):
    for fold, size in enumerate(FOLD_SEQUENCES):
        test = CKPlus48(full_tree, split='test', fold=fold)
        train = CKPlus48(full_tree, split='train', fold=fold)
        assert len(test) == 3 * size and len(train) == 981 - len(test)
        assert not set(test.get_subjects()) & set(train.get_subjects())
        assert test.test_mode and not train.test_mode


def test_six_classes(full_tree):
    dataset = CKPlus48(full_tree, split='all', classes=6)
    assert len(dataset) == 927 and len(set(dataset.get_subjects())) == 106
    assert dataset.CLASSES[1] == 'disgust'


def test_folds_over_all_labelled_subjects(full_tree):
    """They are those of seven classes, of which some subjects go."""
    folds = [[
        CKPlus48(full_tree, split='test', fold=k, **options) for k in range(10)
    ] for options in (dict(), dict(classes=6),
                      dict(classes=6, fold_over='labelled'))]
    seven, selected, labelled = ([set(one.get_subjects()) for one in row]
                                 for row in folds)
    assert all(a <= b for a, b in zip(labelled, seven))
    assert not all(a <= b for a, b in zip(selected, seven))
    assert len(set.union(*labelled)) == 106
    assert folds[2][0].left_out == {'images of contempt, not in `classes`': 54}


def test_folders_of_other_classes_may_be_gone(tree):
    shutil.rmtree(osp.join(tree, 'contempt'))
    for name in os.listdir(osp.join(tree, 'fear')):
        os.remove(osp.join(tree, 'fear', name))
    assert len(CKPlus48(tree, split='all', classes=['anger', 'happy'])) > 0


def test_inner_folder_junk_and_root(full_tree, tmp_path):
    os.symlink(full_tree, tmp_path / 'CK+48')
    assert len(CKPlus48(str(tmp_path), split='all')) == 981


def test_hidden_files_are_passed_over(tree):
    for name in ('.DS_Store', 'Thumbs.db', '._S005_001_00000006.png'):
        open(osp.join(tree, 'anger', name), 'wb').close()
    assert len(CKPlus48(tree, split='all', classes=['anger', 'happy'])) > 0


def test_classes_by_name_in_any_spelling(tree):
    dataset = CKPlus48(tree, split='all', classes=['Happy', 'ANGRY'])
    assert dataset.CLASSES == ('happiness', 'anger')


def rename(tree, name, to):
    folder = osp.join(tree, name)
    first = sorted(os.listdir(folder))[0]
    os.rename(osp.join(folder, first), osp.join(tree, to.format(first)))


@pytest.mark.parametrize('spoil, error, message', [
    (lambda t: rename(t, 'anger', 'anger/face.png'), ValueError,
     'face.png: file name does not fit, expected <subject>_<sequence>'),
    (lambda t: rename(t, 'anger', 'anger/S005_001_00000000.png'), ValueError,
     'frames counted from 1'),
    (lambda t: [
        os.remove(osp.join(t, 'contempt', f))
        for f in os.listdir(osp.join(t, 'contempt'))
    ], ValueError, 'contempt: class folder is empty'),
    (lambda t: os.rename(osp.join(t, 'fear'), osp.join(t, 'Angst')),
     FileNotFoundError, 'fear: class folder not found .*Angst'),
    (lambda t: rename(t, 'anger', 'disgust/{}'), ValueError,
     'is in anger and in disgust; keep it'),
])
def test_broken_trees_are_named(tree, spoil, error, message):
    spoil(tree)
    with pytest.raises(error, match=message):
        CKPlus48(tree, split='all')


def test_missing_root():
    with pytest.raises(FileNotFoundError, match="'no/where': found nothing"):
        CKPlus48('no/where', split='all')


def test_fold_out_of_range(full_tree):
    with pytest.raises(ValueError, match='fold=10 is out of range'):
        CKPlus48(full_tree, split='test', fold=10)


def test_unknown_class_sets(full_tree):
    with pytest.raises(ValueError, match='has no neutral images'):
        CKPlus48(full_tree, split='all', classes=8)
    with pytest.raises(ValueError, match='classes=5 is not a class set'):
        CKPlus48(full_tree, split='all', classes=5)


def first_image(tree):
    folder = osp.join(tree, 'anger')
    return osp.join(folder, sorted(os.listdir(folder))[0])


def load(tree, path, color_type='grayscale'):
    dataset = CKPlus48(
        tree,
        split='all',
        classes=['anger'],
        pipeline=[LoadFace(color_type=color_type)])
    paths = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
    return dataset[paths.index(path)]['img']


@pytest.mark.parametrize('cut, message', [
    (0, 'found 0 bytes'),
    (300, 'broken or truncated image'),
    (20, 'broken or truncated|no image in a known format'),
])
def test_cut_images_are_named(tree, cut, message):
    path = first_image(tree)
    content = open(path, 'rb').read()
    with open(path, 'wb') as file:
        file.write(content[:cut])
    name = osp.basename(path)
    with pytest.raises(ValueError, match=f'{name}: .*({message})'):
        load(tree, path)


def test_text_instead_of_an_image_is_named(tree):
    path = first_image(tree)
    with open(path, 'w') as file:
        file.write('<html>please sign the agreement first</html>')
    with pytest.raises(ValueError, match='no image in a known format'):
        load(tree, path)


def test_all_modes_become_eight_bit(tree):
    """16-bit is scaled, alpha dropped, palette and CMYK converted."""
    path = first_image(tree)
    grey = np.asarray(Image.open(path)).astype(int)
    images = {
        '16-bit': (Image.fromarray((grey * 257).astype(np.uint16)), 'PNG', 1),
        'RGBA':
        (Image.fromarray(grey.astype(np.uint8)).convert('RGBA'), 'PNG', 1),
        'palette':
        (Image.fromarray(grey.astype(np.uint8)).convert('P'), 'PNG', 1),
        'CMYK':
        (Image.fromarray(grey.astype(np.uint8)).convert('CMYK'), 'JPEG', 12)
    }
    for mode, (image, kind, tolerance) in images.items():
        image.save(path, kind)
        for color_type, shape in (('grayscale', (48, 48)), ('color', (48, 48,
                                                                      3))):
            img = load(tree, path, color_type)
            assert img.dtype == np.uint8 and img.shape == shape, mode
            error = np.abs(img.reshape(48, 48, -1) - grey[..., None])
            assert error.mean() < tolerance, mode


def test_classes_that_other_sets_have(tree):
    number = len(CKPlus48(tree, split='all', classes=6))
    shutil.rmtree(osp.join(tree, 'contempt'))
    with pytest.raises(FileNotFoundError, match='contempt.*but .*`may_lack`'):
        CKPlus48(tree, split='all')
    for classes, lacking in ((7, ['contempt']), (8, ['neutral', 'contempt'])):
        dataset = CKPlus48(
            tree, split='all', classes=classes, may_lack=lacking)
        assert len(dataset) == number
    with pytest.raises(ValueError, match='no neutral images.*`may_lack`'):
        CKPlus48(tree, split='all', classes=8, may_lack=['contempt'])
