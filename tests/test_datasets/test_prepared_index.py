"""Reading prepared trees by their index."""
import hashlib
import json
import os
import os.path as osp
from typing import Callable

import pytest

from mmfermtl.datasets import CKPlus, OuluCASIA
from mmfermtl.datasets.prepared_index import (INDEX_NAME, read_index,
                                              write_index)

DIGEST = hashlib.sha256(b'x').hexdigest()


def sequence(subject: str, expression: str, *indices: int) -> dict:
    return dict(
        subject=subject,
        name='001',
        expression=expression,
        num_frames=9,
        attributes={},
        frames=[
            dict(index=i, path=f'img/{subject}_{i}.png', sha256=DIGEST)
            for i in indices
        ])


@pytest.fixture
def tree(tmp_path) -> str:
    os.makedirs(str(tmp_path / 'img'))
    sequences = [
        sequence('S001', 'anger', 0, 7, 8),
        sequence('S002', 'fear', 7, 8),
        sequence('S003', 'fear', 7)
    ]
    for row in sequences:
        for frame in row['frames']:
            (tmp_path / frame['path']).write_bytes(b'x')
    sequences[2]['frames'].append(dict(index=8, missing='no face found'))
    write_index(
        str(tmp_path),
        dict(
            dataset='CKPlus',
            options=dict(frames='last:2'),
            sequences=sequences))
    return str(tmp_path)


def edit(root: str, change: Callable[[list], None]) -> None:
    """Change the sequences of an index by hand."""
    path = osp.join(root, INDEX_NAME)
    with open(path) as file:
        content = json.load(file)
    change(content['sequences'])
    with open(path, 'w') as file:
        json.dump(content, file)


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
    assert records[0]['img_path'] == osp.join(tree, 'img/S001_0.png')
    assert not dataset.problems


def test_missing_faces_are_reported(tree):
    dataset = read(tree)
    assert len(dataset) == 4
    assert 'S003/001 has no crop: no face found' in dataset.problems[0]


def test_frames_that_were_not_prepared(tree):
    with pytest.raises(ValueError, match="made with frames='last:2'; prepare"):
        read(tree, frames=dict(last=3))


def test_removed_and_empty_crops(tree):
    os.remove(osp.join(tree, 'img/S001_7.png'))
    with pytest.raises(ValueError, match='S001_7.png: not found'):
        read(tree)


def test_a_crop_of_other_content_is_refused(tree):
    path = osp.join(tree, 'img/S002_8.png')
    with open(path, 'wb') as file:
        file.write(b'y')
    with pytest.raises(ValueError, match='S002_8.png: found SHA-256 .* swap'):
        read(tree)


@pytest.mark.parametrize('folder', [False, True])
def test_links_out_of_the_tree_are_refused(tree, tmp_path_factory, folder):
    """Even if what they point to is the same, for it may change."""
    elsewhere = str(tmp_path_factory.mktemp('elsewhere'))
    path = osp.join(tree, 'img' if folder else 'img/S002_8.png')
    os.rename(path, osp.join(elsewhere, 'it'))
    os.symlink(osp.join(elsewhere, 'it'), path)
    with pytest.raises(ValueError, match=r'\.png: leads through a link to'):
        read(tree)


def test_the_tree_itself_may_be_a_link(tree, tmp_path_factory):
    link = str(tmp_path_factory.mktemp('links') / 'data')
    os.symlink(tree, link)
    assert len(read(link)) == 4


def missing_hash(rows):
    del rows[0]['frames'][1]['sha256']


def outside(rows):
    rows[0]['frames'][1]['path'] = '../other.png'


def absolute(rows):
    rows[0]['frames'][1]['path'] = '/etc/passwd'


def file_twice(rows):
    rows[0]['frames'][1]['path'] = rows[0]['frames'][2]['path']


def frame_twice(rows):
    rows[0]['frames'][1]['index'] = 8


def joyful(rows):
    rows[0]['expression'] = 'joyful'


def beyond(rows):
    rows[0]['frames'][1]['index'] = 9


@pytest.mark.parametrize('change, words', [
    (missing_hash, 'frame 7 of sequence S001/001 lacks sha256'),
    (outside, r"frames\[1\].path '../other.png', expected a relative path"),
    (absolute, r"frames\[1\].path '/etc/passwd', expected a relative path"),
    (file_twice, 'the file img/S001_8.png is there 2 times'),
    (frame_twice, 'S001/001 has a frame twice'),
    (joyful, "S001/001 is of 'joyful', expected a known expression"),
    (beyond, 'S001/001 has frame 9, but num_frames=9'),
    (lambda rows: rows.append(rows[0]), 'the sequence .*S001.* 2 times'),
])
def test_edited_index(tree, change, words):
    edit(tree, change)
    with pytest.raises(ValueError, match=f'index.json: .*{words}.*; prepare'):
        read(tree)


def test_index_of_another_dataset(tree):
    with pytest.raises(ValueError, match='prepared from CKPlus, read as Oulu'):
        OuluCASIA(tree, split='all')


@pytest.mark.parametrize('text, message', [
    ('', 'cannot be read as JSON'),
    ('{"format": "mmfermtl-prepared-1", ', 'cannot be read as JSON'),
    ('[]', r'found \[\], expected an object'),
    ('{"format": "other"}', "found format 'other'"),
    ('{"format": "mmfermtl-prepared-1", "dataset": "CKPlus"}', 'lacks'),
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
