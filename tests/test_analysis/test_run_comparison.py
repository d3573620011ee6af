"""Comparison of two cross-validations, on made-up predictions."""
import json
import os

import pytest

from mmfermtl.analysis.cross_validation import compare_runs, format_comparison
from mmfermtl.apis import UserError


def make_study(path,
               right,
               seeds=(0, ),
               config='abc',
               classes=('a', 'b'),
               development=()):
    """Write a study of 2 folds, 2 subjects each, 2 frames a subject.

    ``right`` has a letter a frame: ``y`` if it is classified correctly.
    """
    samples = [
        dict(
            fold=k // 4,
            dataset='Toy',
            subject=f'S{k // 2}',
            sequence='1',
            frame_index=k % 2,
            img_path=f'{k}.png',
            gt_label=0) for k in range(len(right))
    ]
    scores = [[0.9, 0.1] if c == 'y' else [0.2, 0.8] for c in right]
    labels = [int(c != 'y') for c in right]
    pool = dict(
        samples=samples,
        seeds=[dict(seed=s, pred_label=labels, scores=scores) for s in seeds])
    os.makedirs(path)
    content = {
        'results.json':
        dict(
            config='toy.py',
            config_sha256=config,
            complete=True,
            num_folds=2,
            development_folds=development),
        'predictions.json':
        dict(
            config_sha256=config,
            classes=classes,
            selections=dict(last=pool, validation=pool))
    }
    for name, value in content.items():
        with open(os.path.join(path, name), 'w', encoding='utf-8') as file:
            json.dump(value, file)
    return str(path)


@pytest.fixture
def pair(tmp_path):
    """B corrects two frames of S1, and one of S3 becomes wrong."""
    return (make_study(tmp_path / 'a', 'yynnyyyy'),
            make_study(tmp_path / 'b', 'yyyyyyyn', (0, 1), 'def'))


def test_comparison_by_hand(pair):
    result = compare_runs(*pair)
    assert result['seeds'] == [0]
    accuracies = [s['pooled_accuracy'] for s in result['studies']]
    assert accuracies == [75, 87.5]
    images = result['difference']
    assert images['pooled'] == 12.5
    assert images['folds'] == {0: 50, 1: -25}
    assert images['mean_of_folds'] == 12.5
    low, high = images['subject_bootstrap']
    assert low < 0 < high
    # S3's mean scores are 0.55 and 0.45: its sequence remains correct.
    assert result['sequence_difference']['pooled'] == 25
    test, = result['mcnemar']
    assert test['images'] == dict(only_first=1, only_second=2, samples=8, p=1.)
    assert test['sequences'] == dict(
        only_first=0, only_second=1, samples=4, p=1.)
    text = format_comparison(result)
    assert '  75.00  87.50 +12.50' in text


def test_differences_without_development_folds(tmp_path):
    one = make_study(tmp_path / 'a', 'yynnyyyy', (0, 1))
    two = make_study(tmp_path / 'b', 'yyyyyyyn', (0, 1), development=[0])
    result = compare_runs(one, two)
    assert list(result['subsets']) == ['without the development folds']
    part = result['subsets']['without the development folds']
    assert part['pooled'] == -25 and part['folds'] == {1: -25}
    assert result['difference']['pooled'] == 12.5
    assert result['difference']['seeds'] == [12.5, 12.5]
    assert 'without the development folds' in format_comparison(result)


def test_recall_of_each_class(pair):
    for path in pair:
        file = os.path.join(path, 'predictions.json')
        with open(file, encoding='utf-8') as stream:
            selections = json.load(stream)['selections']
        samples = selections['last']['samples']
        for sample in samples[4:]:
            sample['gt_label'] = 1
        # Where `make_study` calls a frame right, the class is 0.
        write(file, 'selections', selections)
    result = compare_runs(*pair)
    first, second = result['recall'].values()
    assert list(result['recall']) == ['a', 'b']
    assert (first['images'], second['images']) == (4, 4)
    assert (first['first'], first['second'], first['pooled']) == (50, 100, 50)
    assert (second['first'], second['second']) == (0, 25)
    assert second['subject_bootstrap'] == (0, 50)
    assert result['uar_difference']['pooled'] == 37.5
    text = format_comparison(result)
    assert 'a               4 50.00 100.00 +50.00' in text
    assert 'mean (UAR)      8 25.00  62.50 +37.50' in text


def test_a_study_equals_itself(pair):
    result = compare_runs(pair[0], pair[0], 'validation')
    assert result['difference']['pooled'] == 0
    assert result['difference']['subject_bootstrap'] == (0, 0)
    assert result['mcnemar'][0]['images']['p'] == 1


@pytest.mark.parametrize('options, words', [
    (dict(right='yyyy'), r'folds \[0, 1\] and \[0\]'),
    (dict(right='yyyyyyy'), "1 only in the first, such as .*'7.png'"),
    (dict(right='yyyyyyyy', seeds=[3]), 'seeds .0., .* .3.; compare'),
    (dict(right='yyyyyyyy', classes=['a', 'c']), 'has the classes'),
])
def test_different_runs_are_refused(pair, tmp_path, options, words):
    other = make_study(tmp_path / 'other', **options)
    with pytest.raises(UserError, match=words):
        compare_runs(pair[0], other)


def write(path, key, value):
    with open(path, encoding='utf-8') as file:
        content = json.load(file)
    content[key] = value
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(content, file)


def relabel(path, label):
    with open(path, encoding='utf-8') as file:
        selections = json.load(file)['selections']
    selections['last']['samples'][3]['gt_label'] = label
    write(path, 'selections', selections)


@pytest.mark.parametrize('name, spoil, words', [
    ('results.json', os.remove, 'results.json: cannot be read'),
    ('results.json', lambda p: os.truncate(p, 9), 'results.json: cannot be'),
    ('predictions.json', lambda p: os.truncate(p, 50), 'cannot be read'),
    ('predictions.json', lambda p: write(p, 'config_sha256', 'x'),
     'is of another config'),
    ('predictions.json', lambda p: write(p, 'selections', {}),
     "no selection 'last'"),
    ('predictions.json', lambda p: write(p, 'classes', ['a']), 'is damaged'),
    ('predictions.json', lambda p: write(p, 'selections', dict(last=1)),
     'found selections.last 1, expected an object'),
    ('predictions.json', lambda p: relabel(p, 2), 'labels that are no class'),
    ('predictions.json', lambda p: relabel(p, 'a'),
     r"gt_label 'a', expected a whole number"),
])
def test_damaged_files_are_named(pair, name, spoil, words):
    spoil(os.path.join(pair[1], name))
    with pytest.raises(ValueError, match=words):
        compare_runs(*pair)


def test_names_of_datasets_are_not_imported(pair, tmp_path, monkeypatch):
    """MMEngine would import a name that is not registered."""
    ran = tmp_path / 'ran'
    (tmp_path / 'evil_module.py'
     ).write_text(f'import pathlib\npathlib.Path({str(ran)!r}).touch()\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    for path in pair:
        file = os.path.join(path, 'predictions.json')
        with open(file, encoding='utf-8') as stream:
            text = stream.read()
        with open(file, 'w', encoding='utf-8') as stream:
            stream.write(text.replace('"Toy"', '"evil_module"'))
    compare_runs(*pair)
    assert not ran.exists()
