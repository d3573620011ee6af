"""Reading prepared trees by their index."""
import json
import os
import os.path as osp

import pytest

from mmfermtl.datasets import CKPlus, OuluCASIA
from mmfermtl.datasets.prepared_index import (INDEX_NAME, read_index,
                                              write_index)


def frame(index: int, **kwargs) -> dict:
    return dict(index=index, path=f'img/{index}.png', **kwargs)


def sequence(subject: str, expression: str, *frames: dict) -> dict:
    return dict(
        subject=subject,
        name='001',
        expression=expression,
        num_frames=9,
        attributes={},
        frames=list(frames))


@pytest.fixture
def tree(tmp_path) -> str:
    os.makedirs(str(tmp_path / 'img'))
    for i in range(9):
        (tmp_path / 'img' / f'{i}.png').write_bytes(b'x')
    write_index(
        str(tmp_path),
        dict(
            dataset='CKPlus',
            options=dict(frames='last:2'),
            sequences=[
                sequence('S001', 'anger', frame(0), frame(7), frame(8)),
                sequence('S002', 'fear', frame(7), frame(8)),
                sequence('S003', 'fear', frame(7),
                         dict(index=8, missing='no face found')),
            ]))
    return str(tmp_path)


def read(root: str, **kwargs) -> CKPlus:
    return CKPlus(
        root,
        **dict(
            dict(split='all', classes=['anger', 'fear'], frames=dict(last=2)),
            **kwargs))


def test_samples(tree):
    dataset = read(
        tree, neutral_frames=1, exclude=['S002', 'S003'], classes=['anger'])
    records = [dataset.get_record(i) for i in (2, 0, 1)]
    assert [r['frame_index'] for r in records] == [0, 7, 8]
    assert [r['gt_label'] for r in records] == [-1, 0, 0]
    assert records[0]['img_path'] == osp.join(tree, 'img/0.png')
    assert not dataset.problems


def test_missing_faces_are_reported(tree):
    dataset = read(tree)
    assert len(dataset) == 4
    assert 'S003/001 has no crop: no face found' in dataset.problems[0]


def test_frames_that_were_not_prepared(tree):
    with pytest.raises(ValueError, match="made with frames='last:2'; prepare"):
        read(tree, frames=dict(last=3))


def test_removed_and_empty_crops(tree):
    os.remove(osp.join(tree, 'img/7.png'))
    with pytest.raises(ValueError, match='7.png: cannot be read'):
        read(tree)


def test_index_of_another_dataset(tree):
    with pytest.raises(ValueError, match='prepared from CKPlus, read as Oulu'):
        OuluCASIA(tree, split='all')


@pytest.mark.parametrize('text, message', [
    ('', 'cannot be read as JSON'),
    ('{"format": "mmfermtl-prepared-1", ', 'cannot be read as JSON'),
    ('[]', 'found format None'),
    ('{"format": "other"}', "found format 'other'"),
    ('{"format": "mmfermtl-prepared-1", "dataset": "CKPlus"}', 'lacks'),
    ('{"format": "mmfermtl-prepared-1", "dataset": "CKPlus", '
     '"sequences": [{"expression": "joyful"}]}', 'joyful'),
])
def test_damaged_index(tree, text, message):
    with open(osp.join(tree, INDEX_NAME), 'w') as file:
        file.write(text)
    with pytest.raises(ValueError, match=f'index.json: .*{message}'):
        read(tree)


def test_written_index_is_plain_json_and_always_the_same(tree):
    path = osp.join(tree, INDEX_NAME)
    with open(path) as file:
        text = file.read()
    assert json.loads(text) == read_index(tree)
    write_index(tree, read_index(tree))
    with open(path) as file:
        assert file.read() == text
    assert len(text.splitlines()) == 5  # a line for each sequence
