"""Images of users, as folders and as CSV files."""
import os
import os.path as osp

import numpy as np
import pytest
from PIL import Image

from mmfermtl.datasets import ExpressionFolder

CLASSES = ['anger', 'happiness']


def save(path: str) -> None:
    os.makedirs(osp.dirname(path), exist_ok=True)
    Image.fromarray(np.full((4, 4), 9, np.uint8)).save(path)


@pytest.fixture
def folders(tmp_path) -> str:
    for subject in ('anna', 'bob', 'çelik'):
        for number in (1, 2):
            save(str(tmp_path / 'Angry' / f'{subject}_{number}.png'))
            save(str(tmp_path / 'joy' / 'more' / f'{subject}_{number}.JPG'))
    (tmp_path / 'readme.txt').write_text('hello')
    return str(tmp_path)


def read(root: str, **kwargs) -> ExpressionFolder:
    return ExpressionFolder(
        root,
        **dict(dict(split='all', classes=CLASSES, num_folds=2), **kwargs))


def test_subjects_by_pattern(folders):
    pattern = r'(?P<subject>\w+)_(?P<frame>\d)'
    dataset = read(folders, subject_pattern=pattern, strict=True)
    assert len(dataset) == 12
    assert set(dataset.get_subjects()) == {'anna', 'bob', 'çelik'}
    test = read(folders, subject_pattern=pattern, split='test', fold=0)
    train = read(folders, subject_pattern=pattern, split='train', fold=0)
    assert not set(test.get_subjects()) & set(train.get_subjects())
    record = dataset.get_record(1)
    assert (record['sequence'], record['num_frames']) == ('anger', 2)


def test_without_subjects_it_warns(folders, capfd):
    dataset = read(folders)
    assert len(set(dataset.get_subjects())) == 12
    out = capfd.readouterr()
    assert 'folds are made by image and may leak' in out.out + out.err
    train = read(folders, split='train', fold=0, pairs=True)
    assert train[0]['target_label'] in (0, 1)


def write_csv(root: str, *lines: str) -> str:
    path = osp.join(root, 'faces.csv')
    with open(path, 'w', encoding='utf-8-sig') as file:
        file.write('\n'.join(lines))
    return 'faces.csv'


def test_csv(folders):
    name = write_csv(folders, 'path,expression,subject,sequence,frame',
                     'Angry/anna_1.png,anger,a,s1,4',
                     'Angry/anna_2.png,Angry,a,s1,2',
                     'joy/more/anna_1.JPG,HAPPY,a,s2,1',
                     'Angry/bob_1.png,anger,b,s3,0',
                     'joy/more/bob_1.JPG,joy,b,s3,7')
    dataset = read(folders, ann_file=name, strict=True)
    records = [dataset.get_record(i) for i in range(5)]
    assert [osp.basename(r['img_path']) for r in records[:2]
            ] == ['anna_2.png', 'anna_1.png']  # in the order of the frames
    assert [r['gt_label'] for r in records] == [0, 0, 0, 1, 1]
    # One label a sequence: a clip with two expressions becomes two.
    assert [r['sequence'] for r in records
            ] == ['s1', 's1', 's3_anger', 's2', 's3_happiness']
    last = read(folders, ann_file=name, frames=dict(last=1))
    assert len(last) == 4


@pytest.mark.parametrize('lines, message', [
    (['file,label', 'x,y'], 'expected path, expression'),
    (['path,expression', 'Angry/anna_1.png,grumpy'
      ], "faces.csv:2: unknown expression 'grumpy'"),
    (['path,expression', 'Angry/no.png,anger'], 'no.png: not found'),
    (['path,expression', 'Angry/anna_1.png'], 'faces.csv:2.*columns'),
    (['path,expression', 'Angry/anna_1.png,anger,a'], 'faces.csv:2.*columns'),
    (['path,expression', 'Angry/anna_1.png,anger', 'Angry/anna_1.png,joy'
      ], 'faces.csv:3.*listed twice'),
    (['path,expression,frame', 'Angry/anna_1.png,anger,x'
      ], "found frame 'x', expected a number"),
])
def test_broken_csv(folders, lines, message):
    name = write_csv(folders, *lines)
    with pytest.raises(ValueError, match=f'(?s){message}'):
        read(folders, ann_file=name, strict=True)


@pytest.mark.parametrize(
    'options, message',
    [
        (dict(subject_pattern='('), 'no regular expression'),
        (dict(subject_pattern=r'(\w+)_'), 'lacks the group'),
        # It replaced the label.
        (dict(subject_pattern=r'(?P<subject>\w+)_(?P<expression>\d)'),
         'has the group expression, expected none but subject, sequence, frame'
         ),
        (dict(subject_pattern=r'(?P<subject>\w+)_(?P<path>\d)'),
         'has the group path'),
        (dict(subject_pattern=r'(?P<subject>\d+)@'), 'does not fit the path'),
        (dict(ann_file='no.csv'), 'no.csv: annotation file not found'),
    ])
def test_wrong_options(folders, options, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read(folders, strict=True, **options)


def test_neutral_folder_is_a_class(folders):
    save(osp.join(folders, 'neutral', 'anna_3.png'))
    dataset = read(folders, classes=['neutral', *CLASSES])
    assert (dataset.get_gt_labels() == 0).sum() == 1
    assert len(dataset) == 13
