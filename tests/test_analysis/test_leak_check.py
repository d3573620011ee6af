"""Leaks that were planted are found, and clean folds are clean."""
import os
import os.path as osp
import shutil

import cv2
import pytest
from dataset_configs import make_config, sides
from rendered_trees import CKPLUS_SUBJECTS

from mmfermtl.analysis.leak_check import check_leaks
from mmfermtl.analysis.leak_report import format_leaks
from mmfermtl.apis import UserError
from mmfermtl.datasets import CKPlus48

OTHER_FOLD = 'happy/S055_099_00000001.png'


@pytest.fixture
def tree(few_ckplus48, tmp_path) -> str:
    """A tree that may be changed."""
    return shutil.copytree(few_ckplus48, str(tmp_path / 'tree'))


@pytest.fixture
def check(tmp_path):
    """Check a training and a test dataset."""

    def run(train, test, **options):
        return check_leaks(
            make_config(tmp_path / 'config.py', train, test), **options)

    return run


def first_happy(tree):
    """The first image of a happy subject that is not S055."""
    names = sorted(os.listdir(osp.join(tree, 'happy')))
    name = next(n for n in names if not n.startswith('S055'))
    return osp.join(tree, 'happy', name)


def test_clean_folds(few_ckplus48, check):
    report = check(*sides(data_root=few_ckplus48))
    assert report['leaks'] == 0
    assert [row['fold'] for row in report['folds']] == list(range(10))
    total = len(CKPlus48(few_ckplus48, split='all'))
    assert report['images'] == total
    for row in report['folds']:
        assert row['train_images'] + row['test_images'] == total
    assert 'No leaks found' in format_leaks(report)


def test_one_fold(few_ckplus48, check):
    report = check(*sides(data_root=few_ckplus48, fold=3), every_fold=False)
    assert [row['fold'] for row in report['folds']] == [3]


def test_rules_that_set_the_number_of_folds(few_ckplus48, check):
    report = check(*sides(data_root=few_ckplus48, fold_rule='loso'))
    subjects = set(CKPlus48(few_ckplus48, split='all').get_subjects())
    assert len(report['folds']) == len(subjects) and report['leaks'] == 0
    assert {row['test_subjects'] for row in report['folds']} == {1}


def test_drawn_faces_are_clean(check):
    options = dict(type='mmfermtl.SyntheticFaces', num_subjects=6, num_folds=3)
    report = check(*sides(**options))
    assert report['leaks'] == 0 and report['images'] == 126


@pytest.mark.parametrize('plant, one_file', [(shutil.copy, False),
                                             (os.symlink, True)])
def test_the_same_file_under_another_name(tree, check, plant, one_file):
    source, copy = first_happy(tree), osp.join(tree, OTHER_FOLD)
    plant(source, copy)
    report = check(*sides(data_root=tree))
    found, = report['identical_files']
    assert sorted(found['files']) == sorted([source, copy])
    assert found['one_file'] == one_file
    # Each of the two subjects is tested in one fold.
    assert len(found['folds']) == 2
    pairs = [p['files'] for p in report['near_duplicates']]
    assert [source, copy] not in pairs and [copy, source] not in pairs


def test_a_mirrored_jpeg_under_another_name(tree, check):
    source, copy = first_happy(tree), osp.join(tree, OTHER_FOLD)
    image = cv2.convertScaleAbs(cv2.imread(source)[:, ::-1], beta=10)
    with open(copy, 'wb') as file:
        file.write(cv2.imencode('.jpg', image)[1].tobytes())
    report = check(*sides(data_root=tree))
    assert not report['identical_files']
    best = report['near_duplicates'][0]
    assert sorted(best['files']) == sorted([source, copy])
    assert best['mirrored'] and not best['inverted'] and not best['part']
    # The other pairs are further images of the same subject.
    subject = osp.basename(source)[:4]
    for pair in report['near_duplicates']:
        assert copy in pair['files']
        assert any(osp.basename(f).startswith(subject) for f in pair['files'])
    text = format_leaks(report)
    assert 'LEAKS FOUND' in text and OTHER_FOLD in text


def test_sides_that_are_folded_differently(few_ckplus48, check):
    train, test = sides(data_root=few_ckplus48)
    report = check(dict(train, fold_rule='contiguous'), test)
    row = report['folds'][0]
    trained = CKPlus48(
        few_ckplus48, split='train', fold=0, fold_rule='contiguous')
    tested = CKPlus48(few_ckplus48, split='test', fold=0)
    both = set(trained.get_subjects()) & set(tested.get_subjects())
    assert row['shared_subjects'] == [f'CK+/{s}' for s in sorted(both)]
    assert row['shared_sequences'] and report['identical_files']
    assert 'subjects on both sides' in format_leaks(report)


def test_wrapped_and_mixed_datasets(tree, few_ckplus48, check):
    """Half of the mixture leaks, behind two wrappers."""
    train, test = sides(data_root=few_ckplus48)
    mixed = dict(
        type='ConcatDataset',
        datasets=[
            dict(type='RepeatDataset', times=2, dataset=train),
            dict(
                type='mmengine.ClassBalancedDataset',
                oversample_thr=0.1,
                dataset=dict(
                    type='mmfermtl.CKPlus48', data_root=tree, split='all'))
        ])
    report = check(mixed, test)
    row, = report['folds']
    assert row['fold'] is None
    assert len(row['shared_subjects']) == row['test_subjects']
    assert len(report['identical_files']) == row['test_images']


def test_fold_list_with_a_subject_twice(few_ckplus48, check, tmp_path):
    """Caught when the dataset is built, and so by the check."""
    subjects = CKPlus48(few_ckplus48, split='all').get_subjects()
    names = sorted(set(subjects))
    halves = [names[:9], names[8:]]
    text = ''.join(f'{k}-fold {len(half)}\n' + ''.join(f'{name}/001 1\n'
                                                       for name in half)
                   for k, half in enumerate(halves, 1))
    path = tmp_path / 'folds.txt'
    path.write_text(text)
    options = dict(
        data_root=few_ckplus48, num_folds=2, fold_rule=dict(file=str(path)))
    message = f'{names[8]} is in the folds 0 and 1'
    with pytest.raises(ValueError, match=message):
        CKPlus48(split='train', fold=0, **options)
    with pytest.raises(ValueError, match=message):
        check(*sides(**options))


@pytest.mark.parametrize('change, message', [
    (lambda train, test: (train, None), 'neither val_dataloader nor test'),
    (lambda train, test: (dict(type='Missing'), test), "of type 'Missing'"),
    (lambda train, test:
     (dict(type='KFoldDataset', dataset=train), test), "type 'KFoldDataset'"),
    (lambda train, test: (None, test), 'no train_dataloader with a dataset'),
])
def test_configs_that_cannot_be_checked(few_ckplus48, check, change, message):
    with pytest.raises(UserError, match=message):
        check(*change(*sides(data_root=few_ckplus48)))


@pytest.mark.parametrize('options', [
    dict(min_correlation=0.),
    dict(min_correlation=1.1),
])
def test_thresholds_out_of_range(few_ckplus48, check, options):
    with pytest.raises(UserError, match='expected'):
        check(*sides(data_root=few_ckplus48), **options)


def test_broken_image_is_named(tree, check):
    path = first_happy(tree)
    open(path, 'wb').close()
    with pytest.raises(ValueError, match=f'{osp.basename(path)}: found 0'):
        check(*sides(data_root=tree))


def test_subjects_of_their_own_are_mentioned(tmp_path, check):
    """One image each: perhaps the subjects are just not known."""
    for k, folder in enumerate(sorted(CKPlus48.FOLDERS.values())):
        os.makedirs(tmp_path / 'single' / folder)
        for n in range(2):
            subject = CKPLUS_SUBJECTS[2 * k + n]
            path = tmp_path / 'single' / folder / f'{subject}_001_00000001.png'
            image = cv2.resize(
                cv2.getGaborKernel((9, 9), 2, k, 5, 1), (48, 48 - n))
            cv2.imwrite(str(path), 128 + 100 * image)
    report = check(
        *sides(data_root=str(tmp_path / 'single')), every_fold=False)
    assert report['folds'][0]['single_images'] == 14
    assert '14 images of a dataset count as one' in format_leaks(report)
