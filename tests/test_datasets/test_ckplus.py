"""CK+ on rendered trees with the official names and counts."""
import os
import os.path as osp
import shutil
from collections import Counter

import numpy as np
import pytest
from official_trees import link_tree, relabel_ckplus48, render_ckplus
from rendered_trees import (CKPLUS_SUBJECTS, CLASS_SEQUENCES, FOLD_SEQUENCES,
                            ckplus_sequences, render_ckplus48)

from mmfermtl.datasets import CKPlus, CKPlus48

#: Some subjects who together show all seven expressions.
FEW = sorted({'S010'} | {
    next(s for s in CKPLUS_SUBJECTS if name in ckplus_sequences()[s])
    for name in CLASS_SEQUENCES
})


@pytest.fixture(scope='module')
def full_tree(tmp_path_factory) -> str:
    return render_ckplus(str(tmp_path_factory.mktemp('ckplus')))


@pytest.fixture(scope='module')
def small_tree(tmp_path_factory) -> str:
    return render_ckplus(
        str(tmp_path_factory.mktemp('few')), FEW, faces=(0, -1))


@pytest.fixture
def tree(small_tree, tmp_path) -> str:
    """A few subjects, whose files can be replaced by broken ones."""
    return link_tree(small_tree, str(tmp_path / 'CK+ größe'))


def read(root: str, **kwargs) -> CKPlus:
    return CKPlus(root, **dict(dict(split='all', num_folds=2), **kwargs))


def test_official_counts(full_tree):
    dataset = CKPlus(full_tree, split='all', strict=True)
    counts = Counter(dataset.get_gt_labels().tolist())
    assert [counts[k]
            for k in range(7)] == [3 * n for n in CLASS_SEQUENCES.values()]
    text = repr(dataset)
    assert '118 subjects, 327 sequences, 981 images: anger 135' in text
    assert ', '.join(map(str, FOLD_SEQUENCES)) in text
    for fold, size in enumerate(FOLD_SEQUENCES):
        test = CKPlus(full_tree, split='test', fold=fold)
        train = CKPlus(full_tree, split='train', fold=fold)
        assert len(test) == 3 * size and len(train) == 981 - len(test)
        assert not set(test.get_subjects()) & set(train.get_subjects())


def test_records(full_tree):
    dataset = CKPlus(full_tree, split='all')
    labels = dataset.get_gt_labels().tolist()
    assert labels == sorted(labels)
    record = dataset.get_record(2)
    assert record['gt_label'] == 0 and record['sequence'] == '001'
    assert record['frame_index'] == record['num_frames'] - 1
    assert record['role'] == 'peak' and record['dataset'] == 'CKPlus'
    number = record['num_frames']
    assert record['img_path'].endswith(
        f'{record["subject"]}_001_{number:08d}.png')


@pytest.mark.parametrize('options, images, subjects',
                         [(dict(classes=6), 927, 106),
                          (dict(classes=8), 327 + 981, 118),
                          (dict(classes=8, neutral_of='all'), 593 + 981, 123),
                          (dict(frames=dict(last=1)), 327, 118),
                          (dict(exclude=('S005', 'S999')), None, 116)])
def test_options(full_tree, options, images, subjects):
    dataset = CKPlus(full_tree, split='all', **options)
    assert images is None or len(dataset) == images
    assert len(set(dataset.get_subjects())) == subjects
    if 'neutral' in dataset.CLASSES:
        roles = Counter(
            dataset.get_record(i)['role'] for i in range(len(dataset)))
        assert roles['neutral'] == images - 981


def test_folds_before_or_after_the_classes_are_chosen(full_tree):
    """With six classes, subjects with contempt alone count or do not."""
    all_folds = [
        CKPlus(full_tree, split='all', classes=6, fold_over=over).fold_sizes
        for over in ('selected', 'labelled')
    ]
    assert all_folds[0] != all_folds[1]
    assert all(sum(sizes) == 309 for sizes in all_folds)
    seven = CKPlus(full_tree, split='test', fold=0)
    six = CKPlus(
        full_tree, split='test', fold=0, classes=6, fold_over='labelled')
    assert set(six.get_subjects()) < set(seven.get_subjects())


def test_all_frames_and_neutral_sources(full_tree):
    train = CKPlus(
        full_tree, split='train', fold=0, frames='all', neutral_frames=2)
    test = CKPlus(
        full_tree, split='test', fold=0, frames='all', neutral_frames=2)
    labels = train.get_gt_labels()
    assert (labels == -1).sum() == 2 * (327 - 33)
    assert (test.get_gt_labels() >= 0).all()
    assert 'sources without a label 588' in repr(train)
    kept = [train.get_record(i) for i in range(len(train))]
    assert {r['frame_index'] for r in kept if r['gt_label'] < 0} == {0, 1}
    assert not any(r['frame_index'] < 2 for r in kept if r['gt_label'] >= 0)


def test_nestings_seen_in_the_wild(tree):
    expected = repr(read(tree))
    os.rename(osp.join(tree, 'Emotion'), osp.join(tree, 'labels'))
    os.makedirs(osp.join(tree, 'Emotion_labels'))
    os.rename(
        osp.join(tree, 'labels'), osp.join(tree, 'Emotion_labels', 'Emotion'))
    os.makedirs(osp.join(tree, 'extended-cohn-kanade-images'))
    os.rename(
        osp.join(tree, 'cohn-kanade-images'),
        osp.join(tree, 'extended-cohn-kanade-images', 'cohn-kanade-images'))
    assert repr(read(tree, strict=True)) == expected


def test_same_as_ckplus48(tmp_path):
    """The crops of CK+48 in the layout of CK+ are the same samples."""
    crops = render_ckplus48(str(tmp_path / '48'), faces=False)
    tree = relabel_ckplus48(crops, str(tmp_path / 'ck'))
    keys = ('gt_label', 'subject', 'sequence', 'frame_index', 'num_frames')
    for fold in (0, 7):
        for split in ('train', 'test'):
            found = []
            for dataset in (CKPlus48(crops, split=split, fold=fold),
                            CKPlus(tree, split=split, fold=fold, strict=True)):
                rows = [dataset.get_record(i) for i in range(len(dataset))]
                found.append(
                    sorted((osp.basename(r['img_path']), *(r[k] for k in keys))
                           for r in rows))
            assert found[0] == found[1]


def test_landmarks(tree):
    dataset = read(tree, lazy_init=True)
    sequence = dataset.find_sequences()[0]
    last = sequence.num_frames - 1
    points = dataset.read_landmarks(sequence, last)
    assert points.shape == (68, 2)
    image = dataset.read_frames(sequence, [last])[last]
    assert image.shape == (490, 640, 3)
    eyes = points[36:42].mean(0), points[42:48].mean(0)
    assert eyes[0][0] < eyes[1][0]
    # The rendered iris is darker than the skin between the eyes.
    at = [np.rint(p).astype(int) for p in (*eyes, np.mean(eyes, 0))]
    patch = [image[y - 4:y + 5, x - 4:x + 5].mean() for x, y in at]
    assert max(patch[:2]) < patch[2]
    assert dataset.read_landmarks(sequence, 1) is None
    path = sequence.frames[last].landmarks
    put('', path, b'1 2\n3 4\n')
    with pytest.raises(ValueError, match='00000.*68 lines.*copy it again'):
        dataset.read_landmarks(sequence, last)


def put(root: str, name: str, content: bytes) -> str:
    path = osp.join(root, name)
    os.makedirs(osp.dirname(path), exist_ok=True)
    if osp.exists(path):
        os.remove(path)
    with open(path, 'wb') as file:
        file.write(content)
    return path


def peak(root: str) -> str:
    """Label file of the first sequence of S010."""
    folder = osp.join(root, 'Emotion/S010/001')
    return osp.join(folder, os.listdir(folder)[0])


def image_of(root: str, back: int = 0) -> str:
    stem = osp.basename(peak(root))[:-len('_emotion.txt')]
    number = int(stem[-8:]) - back
    return osp.join(root, 'cohn-kanade-images/S010/001',
                    f'{stem[:-8]}{number:08d}.png')


BREAKERS = dict(
    empty_label=(lambda r: put('', peak(r), b''), "found ''.*0 to 7"),
    word_label=(lambda r: put('', peak(r), b'happy'), "found 'happy'"),
    label_out_of_range=(lambda r: put('', peak(r), b'  8.0e+00'), '0 to 7'),
    half_label=(lambda r: put('', peak(r), b'  2.5e+00'), '0 to 7'),
    not_a_number=(lambda r: put('', peak(r), b'nan'), '0 to 7'),
    missing_frame=(lambda r: os.remove(image_of(r, 1)),
                   'is missing from the tree; copy the sequence again'),
    missing_sequence=(lambda r: shutil.rmtree(osp.dirname(image_of(r))),
                      'sequence S010/001 is missing from the tree'),
    zero_bytes=(lambda r: put('', image_of(r), b''),
                '17.png: found 0 bytes; copy it again'),
    loop=(lambda r: os.symlink(r, osp.join(r, 'Emotion', 'again')),
          'again: link back to the folder'),
    dangling=(lambda r: os.symlink('/nowhere', osp.join(r, 'x.png')),
              'x.png: link that leads nowhere'),
    own_link=(lambda r: os.symlink('y.png', osp.join(r, 'y.png')),
              'y.png: link that leads nowhere or to itself'),
    two_copies=(lambda r: shutil.copytree(
        osp.join(r, 'cohn-kanade-images'), osp.join(r, 'copy')),
                'found in .*cohn-kanade-images.*remove one of the copies'),
    frame_zero=(
        lambda r: put(r, 'cohn-kanade-images/S010_001_00000000.png', b'x'),
        'counted from 1; rename or remove'),
    images_after_label=(lambda r: put(
        r, 'cohn-kanade-images/S010/001/S010_001_00000099.png', b'x'),
                        'images go to 99; frames after the label'))


@pytest.mark.parametrize('name', BREAKERS)
def test_broken_input_is_reported_or_raised(tree, name):
    whole = len(read(tree, classes=['happiness', 'surprise']))
    breaker, message = BREAKERS[name]
    breaker(tree)
    options = dict(classes=['happiness', 'surprise'])
    dataset = read(tree, **options)
    assert len(dataset) <= whole and dataset.problems
    assert 'problems' in repr(dataset)
    with pytest.raises(ValueError, match=f'(?s){message}') as error:
        read(tree, strict=True, **options)
    assert tree in str(error.value)


def test_truncated_image_is_found_before_training(tree):
    path = image_of(tree)
    with open(path, 'rb') as file:
        content = file.read()
    put('', path, content[:len(content) // 2])
    options = dict(classes=['happiness', 'surprise', 'disgust'])
    assert not read(tree, **options).problems
    dataset = read(tree, verify=True, **options)
    assert len(dataset.problems) == 1
    assert path in dataset.problems[0] and 'truncated' in dataset.problems[0]
    with pytest.raises(ValueError, match='broken or truncated'):
        read(tree, verify=True, strict=True, **options)


def test_wrong_folders(tmp_path, tree):
    with pytest.raises(FileNotFoundError, match='nowhere.*set `data_root`'):
        read(str(tmp_path / 'nowhere'))
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(ValueError, match='unzip Emotion_labels.zip'):
        read(str(empty))
    shutil.rmtree(osp.join(tree, 'cohn-kanade-images'))
    with pytest.raises(ValueError, match='problems found: .*, the first: '):
        read(tree)


@pytest.mark.parametrize('options, message', [
    (dict(frames='last'), "give 'all', dict"),
    (dict(frames=dict(last=0)), "give 'all', dict"),
    (dict(frames=dict(file='no.txt')), 'list of frames not found'),
    (dict(neutral_of='some'), "give 'labelled' or 'all'"),
    (dict(exclude='S010'), 'give a list'),
    (dict(fold_over='x'), "give 'selected' or 'labelled'"),
])
def test_wrong_options(tree, options, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read(tree, **options)
