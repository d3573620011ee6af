"""Data of users: labels, other classes and fixed splits."""
import os.path as osp
import shutil

import pytest
from own_faces import CLASSES, names, read, read_csv, save_tree

from mmfermtl.datasets import CKPlus48


@pytest.fixture
def tree(tmp_path):
    return save_tree(str(tmp_path / 'faces'))


# Labels.


def test_numbers_and_names_are_mapped(tmp_path):
    root = save_tree(str(tmp_path), classes=['00', '1', 'LOL', 'unsure'])
    meaning = {0: 'Angry', '1': 'joy', 'lol': 'happiness', 'Unsure': None}
    dataset = read(root, expression_map=meaning, strict=True)
    assert [(dataset.get_gt_labels() == k).sum() for k in (0, 1)] == [8, 16]
    assert dataset.left_out == {'images labelled unsure, mapped to None': 8}


def test_own_classes(tmp_path):
    root = save_tree(str(tmp_path), classes=['Calm', 'stressed'])
    dataset = read(root, classes=['stressed', 'calm'], strict=True)
    assert dataset.CLASSES == ('stressed', 'calm')
    assert (dataset.get_gt_labels() == 1).sum() == 8
    mixed = read(
        save_tree(root, classes=['happy']),
        classes=['calm', 'Happy', 'tense'],
        expression_map=dict(stressed='TENSE'))
    assert mixed.CLASSES == ('calm', 'happiness', 'tense')
    train = read(
        root, classes=['stressed', 'calm'], split='train', fold=0, pairs=True)
    assert {train[i]['target_label'] for i in range(len(train))} == {0, 1}


@pytest.mark.parametrize('options, message', [
    (dict(classes=['anger', 'happynes']), 'no image of happynes'),
    (dict(expression_map={'anger': 'calm'}),
     "maps 'anger' to an unknown expression 'calm'.*classes anger, hap"),
    (dict(expression_map={
        '1': 'anger',
        1.0: 'joy'
    }), 'label 1.0 twice'),
    (dict(splits='column'), "splits='column'; give 'folders' or dict"),
    (dict(splits=dict(column='usage')),
     'usage.*needs a CSV file; give `ann_file`'),
    (dict(splits=dict(folders=True, names=dict(a='dev'))),
     "names maps 'a' to 'dev'"),
    (dict(spellings='all'), "spellings='all'; give one of"),
])
def test_wrong_options(tree, options, message):
    with pytest.raises(ValueError, match=message):
        read(tree, **options)


def test_known_datasets_take_no_own_names(few_ckplus48):
    with pytest.raises(ValueError, match="unknown expression 'calm'"):
        CKPlus48(few_ckplus48, classes=['anger', 'calm'])


def test_a_number_without_a_map(tmp_path):
    root = save_tree(str(tmp_path), classes=['0', '1'])
    with pytest.raises(ValueError, match="map it with expression_map={'0'"):
        read(root)


# Fixed splits.


@pytest.fixture
def splits(tmp_path):
    return save_tree(
        str(tmp_path / 'splits'), [
            f'{split}/{name}/{subject}_{k}.png' for name in CLASSES
            for split, subject in (('Train', 'ann'), ('Train', 'bob'),
                                   ('valid', 'cy'), ('test', 'dee'))
            for k in (1, 2)
        ])


@pytest.mark.parametrize('split, number, subjects', [
    ('train', 8, {'ann', 'bob'}),
    ('inner_train', 8, {'ann', 'bob'}),
    ('val', 4, {'cy'}),
    ('inner_val', 4, {'cy'}),
    ('test', 4, {'dee'}),
    ('all', 16, {'ann', 'bob', 'cy', 'dee'}),
])
def test_folders_of_splits(splits, split, number, subjects):
    dataset = read(splits, splits='folders', split=split, fold=0, pairs=True)
    assert len(dataset) == number and not dataset.problems
    assert set(dataset.get_subjects()) == subjects
    assert dataset.fold_sizes == [2]
    assert dataset.test_mode == ('train' not in split)
    for i in range(number):
        item = dataset[i]
        assert item['target_label'] != item['gt_label']
        assert item['subject'] in osp.basename(item['target_img_path'])


def test_a_column_of_splits(tree, capfd):
    usage = dict(ann='Training', bob='PublicTest', cy='PrivateTest', dee='x')
    lines = [
        f'{name}/{who}_1.png,{name},{usage[who]}' for name in CLASSES
        for who in usage
    ]
    options = dict(
        head='path,expression,Usage', splits=dict(column='usage'), fold=0)
    for split, who in (('train', 'ann'), ('val', 'bob'), ('test', 'cy')):
        dataset = read_csv(tree, *lines, split=split, **options)
        assert names(dataset) == [f'{name}/{who}_1.png' for name in CLASSES]
        assert "'x' is no split; rename it" in dataset.problems[0]
    assert 'the splits may share subjects' in ''.join(capfd.readouterr())
    options['splits']['names'] = dict(X='train')
    assert len(read_csv(tree, *lines, split='train', **options)) == 4


def test_splits_that_do_not_fit(splits, tree):
    with pytest.raises(ValueError, match="'Train'.*give splits='folders'"):
        read(splits)
    for options, message in ((dict(split='train',
                                   fold=2), 'fold=2: the splits are fixed'),
                             (dict(split='vla'), "split='vla' is not known")):
        with pytest.raises(ValueError, match=message):
            read(splits, splits='folders', **options)
    shutil.rmtree(osp.join(splits, 'valid'))
    with pytest.raises(ValueError, match="no image of split='val'; found"):
        read(splits, splits='folders', split='val')
    with pytest.raises(ValueError, match="split='val' is not known"):
        read(tree, split='val', fold=0)


def test_a_subject_in_two_splits_is_refused(splits):
    save_tree(splits, ['test/anger/ANN_9.png'])
    with pytest.raises(ValueError, match="'ANN' and 'ann'"):
        read(splits, splits='folders', split='train')
    with pytest.raises(ValueError, match='1 subject.*ANN in test and train'):
        read(splits, splits='folders', split='train', spellings='merge')


def test_a_split_that_lacks_a_class(splits):
    shutil.rmtree(osp.join(splits, 'Train', 'anger'))
    dataset = read(splits, splits='folders', split='train')
    assert 'has no image of anger' in dataset.problems[0]
