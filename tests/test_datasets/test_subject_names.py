"""One subject however it is spelled."""
from types import SimpleNamespace

import pytest

from mmfermtl.datasets.sequences import (ExpressionSequence, is_excluded,
                                         list_unknown_names, spell_frame_rule)
from mmfermtl.datasets.subjects.subject_folds import fold_subjects
from mmfermtl.datasets.subjects.subject_identity import (identity_key,
                                                         subject_identity)
from mmfermtl.datasets.subjects.subject_names import (given_name, match_names,
                                                      name_key,
                                                      resolve_spellings)


@pytest.mark.parametrize('names', [
    ('F001', 'f001', ' F1 ', 'ｆ01'),
    ('1', '01', '1.0', '001.00', 1),
    ('Zoé', 'Zoe\u0301', 'ZOÉ'),
    ('anna  lee', 'Anna Lee'),
    ('0', '00', '0.0'),
])
def test_spellings_of_one_name(names):
    assert len({name_key(name) for name in names}) == 1


@pytest.mark.parametrize('names', [('1', '10'), ('F1', 'M1'), ('1.5', '1.05'),
                                   ('a1b2', 'a1b20'), ('100', '10')])
def test_other_names(names):
    assert len({name_key(name) for name in names}) == len(names)


def test_words_for_missing_names():
    for word in ('', ' ', 'nan', 'NaN', 'None', 'null', 'NA', '<NA>', None):
        assert given_name(word) == ''
    assert given_name(' Nana ') == 'Nana'


def test_several_spellings_are_refused_merged_or_kept():
    names = ['F001', 'f1', 'F002']
    with pytest.raises(ValueError, match="set: 1 .*'F001' and 'f1'.*merge"):
        resolve_spellings(names, 'refuse', 'set')
    assert resolve_spellings(names, 'merge', 'set') == {
        'F001': 'F001',
        'f1': 'F001',
        'F002': 'F002'
    }
    assert resolve_spellings(names, 'keep', 'set') == {
        name: name
        for name in names
    }
    with pytest.raises(ValueError, match="spellings='both'; give one"):
        resolve_spellings(names, 'both', 'set')


def test_the_same_name_is_preferred():
    assert match_names(['1', 'f1', 'x', '2'], ['1', '01', 'F001', '02']) == {
        '1': '1',
        'f1': 'F001',
        'x': None,
        '2': '02'
    }
    assert match_names(['1'], ['01', '001']) == {'1': None}


def test_lists_of_folds(tmp_path):
    """A list spells its subjects otherwise than the dataset."""
    path = tmp_path / 'folds.txt'
    path.write_text('1-fold 2\ns005/001 a\nS5/002 a\n2-fold 1\ns011/1 a\n')
    rule = dict(file=str(path))
    assert fold_subjects(['S005', 'S011'], 2, rule) == [('S005', ), ('S011', )]
    path.write_text('1-fold 1\ns005/001 a\n2-fold 1\nS5/1 a\n')
    with pytest.raises(ValueError, match='S005 is in the folds 0 and 1'):
        fold_subjects(['S005', 'S011'], 2, rule)
    assert fold_subjects(['S005', 'S011'],
                         rule=dict(test=['s5'])) == [('S005', )]


def test_lists_of_sequences():
    shown = [
        ExpressionSequence('S002', '106', 'anger', 3),
        ExpressionSequence('anna-lee', 'x', 'anger', 3)
    ]
    for names in (['s002'], ['S2-106'], ['s002/106'], [' S002 ']):
        assert [is_excluded(s, names) for s in shown] == [True, False]
    assert is_excluded(shown[1], ['Anna-Lee'])
    rule = dict(file={'s2/106': (0, ), 'S9/1': (1, )})
    spelled = spell_frame_rule(rule, shown)
    assert spelled['file']['S002/106'] == (0, )
    faults = list_unknown_names(['S002', 'S021'], spelled, shown)
    assert [
        '1 of 2 names in `exclude`' in faults[0], 'S021' in faults[0], 'S9/1'
        in faults[1]
    ] == [True] * 3 and len(faults) == 2


def test_spellings_are_one_identity_across_datasets():
    """Two datasets may spell a subject in two ways; `spellings='keep'` holds
    within one dataset."""
    typed = SimpleNamespace(subject_namespace='mine')
    names = [
        subject_identity(typed, dict(subject=name, dataset='Toy'))
        for name in ('S005', 's5', 'S006')
    ]
    assert names[0] == names[1] and names[0] != names[2]
    assert len(set(names)) == 2
    assert str(names[0][1]) == 'S005'
    assert identity_key(names[0]) == identity_key(names[1]) == 'mine/s5'
    kept = SimpleNamespace(subject_namespace='mine', spellings='keep')
    apart = {
        subject_identity(kept, dict(subject=name, dataset='Toy'))
        for name in ('S005', 'S05')
    }
    assert len(apart) == 2
    # Another dataset may mean any of them.
    assert apart & {names[0]} and not apart & {names[2]}
    assert {names[1]} & apart
    assert {identity_key(one) for one in apart} == {'mine/S005', 'mine/S05'}
