"""Folds: published sizes, disjointness, rules, bad input."""
import pytest
from rendered_trees import CKPLUS_SUBJECTS, FOLD_SEQUENCES, ckplus_sequences

from mmfermtl.datasets.subjects.subject_folds import (check_folds,
                                                      fold_subjects,
                                                      read_fold_file,
                                                      split_subjects)


def test_interval_rule_gives_the_published_sizes():
    shown = ckplus_sequences()
    assert len(shown) == 118 and sum(map(len, shown.values())) == 327
    folds = fold_subjects(list(reversed(CKPLUS_SUBJECTS)) * 2)
    sizes = tuple(sum(len(shown[s]) for s in fold) for fold in folds)
    assert sizes == FOLD_SEQUENCES
    # Published beside the sizes: the first and the last fold by name.
    assert folds[0] == tuple('S005 S035 S054 S064 S074 S084 S094 S106 S116 '
                             'S130 S147 S501'.split())
    assert folds[9] == tuple('S034 S053 S063 S073 S083 S093 S105 S115 S129 '
                             'S139 S160'.split())


def test_contiguous_rule_gives_the_blocks_of_mmi():
    """The blocks of 31 subjects that were published with FMPN."""
    numbers = [1, 2, 3, 5, 6, 15, 16, 28, *range(30, 51), 53, 54]
    folds = fold_subjects([f'S{n:03d}' for n in numbers], rule='contiguous')
    assert [len(f) for f in folds] == [3, 3, 3, 3, 4, 3, 3, 3, 3, 3]
    assert folds[2] == ('S016', 'S028', 'S030')
    assert folds[4] == ('S034', 'S035', 'S036', 'S037')
    assert folds[9] == ('S050', 'S053', 'S054')


@pytest.mark.parametrize('rule', ['interval', 'contiguous'])
@pytest.mark.parametrize('n', [2, 10, 31])
def test_train_and_test_are_a_partition(rule, n):
    subjects = [f'P{k:03d}' for k in range(31)]
    seen = []
    for fold in range(n):
        train = split_subjects(subjects, 'train', fold, n, rule)
        test = split_subjects(subjects, 'test', fold, n, rule)
        assert not set(train) & set(test)
        assert sorted(train + test) == subjects
        seen += test
    assert sorted(seen) == subjects
    assert split_subjects(subjects, 'all', None) == tuple(subjects)


@pytest.mark.parametrize('rule, n', [('interval', 3), ('contiguous', 10),
                                     ('loso', 10)])
def test_inner_splits_are_a_partition_of_train(rule, n):
    subjects = [f'P{k:03d}' for k in range(31)]
    for fold in range(31 if rule == 'loso' else n):
        train, test, inner_train, inner_val = (
            split_subjects(subjects, split, fold, n, rule)
            for split in ('train', 'test', 'inner_train', 'inner_val'))
        assert inner_train and inner_val
        assert not set(inner_train) & set(inner_val)
        assert sorted(inner_train + inner_val) == list(train)
        assert not set(inner_val) & set(test)


def test_inner_val_is_the_next_fold():
    subjects = list('abcdef')
    assert split_subjects(subjects, 'inner_val', 0, 3) == ('b', 'e')
    assert split_subjects(subjects, 'inner_train', 0, 3) == ('c', 'f')
    assert split_subjects(subjects, 'inner_val', 2, 3) == ('a', 'd')
    for options in (dict(num_folds=2), dict(rule=dict(test=['a']))):
        with pytest.raises(ValueError, match='needs at least 3 folds'):
            split_subjects(subjects, 'inner_val', 0, **options)


LIST = """1-fold 2 Angry 1 Sad 1
S1/001 Angry
S2/001 Sad
2-fold 1 Happy 1

S3/007 Happy
"""


def test_fold_file(tmp_path):
    path = tmp_path / 'folds.txt'
    path.write_text(LIST)
    rule = dict(file=str(path))
    assert read_fold_file(str(path)) == [('S1', 'S2'), ('S3', )]
    assert split_subjects(['S1', 'S2', 'S3'], 'train', 1, 2,
                          rule) == ('S1', 'S2')
    with pytest.raises(ValueError, match='2 folds found, num_folds=3'):
        fold_subjects(['S1', 'S2', 'S3'], 3, rule)
    with pytest.raises(ValueError, match=r"leave out the subjects \['S4'\]"):
        fold_subjects(['S1', 'S2', 'S3', 'S4'], 2, rule)


def test_fold_file_of_another_encoding(tmp_path):
    path = tmp_path / 'folds.txt'
    path.write_text(LIST, encoding='utf-8-sig')
    assert read_fold_file(str(path)) == [('S1', 'S2'), ('S3', )]
    for encoding, text in (('utf-16', LIST), ('latin-1', f'{LIST}# é')):
        path.write_text(text, encoding=encoding)
        with pytest.raises(ValueError, match='folds.txt: .*not UTF-8.*save'):
            read_fold_file(str(path))


def test_fold_file_with_subjects_of_other_classes(tmp_path):
    path = tmp_path / 'folds.txt'
    path.write_text(LIST)
    with pytest.raises(
            ValueError, match="folds.txt: .*'S2'.*fold_over='labelled'"):
        fold_subjects(['S1', 'S3'], 2, dict(file=str(path)))


@pytest.mark.parametrize('text, message', [
    (LIST.replace('S3/007',
                  'S1/007'), 'folds.txt: subject S1 is in the folds 0 and 1'),
    (LIST.replace('1-fold 2', '1-fold 3'), 'fold 1 announces 3 .* but 2'),
    (LIST.replace('S2/001', 'S2-001'), "folds.txt:3: found 'S2-001 Sad'"),
    ('S1/001 Angry\n' + LIST, 'folds.txt:1: found'),
])
def test_broken_fold_files_are_named(tmp_path, text, message):
    path = tmp_path / 'folds.txt'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        fold_subjects(['S1', 'S2', 'S3'], 2, dict(file=str(path)))


def test_missing_fold_file():
    with pytest.raises(FileNotFoundError, match='none.txt: fold list'):
        fold_subjects(['a', 'b'], 2, dict(file='none.txt'))


def test_leave_one_subject_out():
    folds = fold_subjects(['b', 'a', 'c', 'a'], rule='loso')
    assert folds == [('a', ), ('b', ), ('c', )]
    names = ['b', 'a', 'c']
    assert split_subjects(names, 'train', 2, rule='loso') == ('a', 'b')
    with pytest.raises(ValueError, match='fold=3 is out of range.* 0 to 2'):
        split_subjects(names, 'train', 3, rule='loso')


def test_fixed_split():
    rule = dict(test=['c', 'a'])
    assert split_subjects('abcd', 'test', 0, rule=rule) == ('a', 'c')
    assert split_subjects('abcd', 'train', 0, rule=rule) == ('b', 'd')
    with pytest.raises(ValueError, match='fold=1 is out of range'):
        split_subjects('abcd', 'train', 1, rule=rule)
    for wrong in ([], ['x'], list('abcd')):
        with pytest.raises(ValueError, match='some but not all of the 4'):
            split_subjects('abcd', 'test', 0, rule=dict(test=wrong))


def test_one_subject_has_no_folds():
    with pytest.raises(ValueError, match=r'found 1 subject\(s\), expected 2'):
        fold_subjects(['a'], 2)
    with pytest.raises(ValueError, match='give 2 to 3 folds'):
        fold_subjects(['a', 'b', 'c'], 5)


def test_overlap_is_refused():
    with pytest.raises(ValueError, match='subject b is in the folds 0'):
        check_folds([['a', 'b'], ['b']], ['a', 'b'])


@pytest.mark.parametrize('args, message', [
    (('val', 0), "split='val' is not known"),
    (('train', None), 'needs a fold from 0 to 9'),
    (('test', 10), 'fold=10 is out of range; .* from 0 to 9'),
    (('test', -1), 'fold=-1 is out of range'),
    (('test', True), 'fold=True is out of range'),
    (('test', 0, 40), 'num_folds=40 does not fit 31 subjects'),
    (('test', 0, 10, 'random'), "fold_rule='random' is not known"),
])
def test_wrong_options_are_named(args, message):
    with pytest.raises(ValueError, match=message):
        split_subjects([f'P{k:03d}' for k in range(31)], *args)
