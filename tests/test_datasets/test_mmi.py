"""MMI on a rendered tree: published counts, folds, frames and geometry."""
import hashlib
import os
import os.path as osp
from collections import Counter

import numpy as np
import pytest
from rendered_mmi import (BLOCK_IMAGES, CLASS_SEQUENCES, FOLD_SEQUENCES,
                          mmi_clips, render_mmi, rendered_frame)

from mmfermtl.datasets import MMI, LoadFace
from mmfermtl.datasets.mmi.mmi import geometry_of
from mmfermtl.datasets.prepared_index import write_index
from mmfermtl.utils.decoding.clip_geometry import (AS_STORED,
                                                   candidate_geometries,
                                                   documented_geometry,
                                                   upright_frame)

SIDEWAYS = dict(half=None, rotate=90)


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return render_mmi(str(tmp_path_factory.mktemp('mmi')))


@pytest.fixture(scope='module')
def clips():
    """Clips of the tree by subject and name."""
    return {(c.subject, f'{100 + c.number}'): c for c in mmi_clips()}


def sequences(dataset):
    return {(s['subject'], s['sequence'])
            for s in map(dataset.get_record, range(len(dataset)))}


def test_published_counts(tree):
    dataset = MMI(tree, split='all')
    assert len(dataset) == 624
    assert len(sequences(dataset)) == 208
    assert len(set(dataset.get_subjects())) == 31
    labels = Counter(dataset.CLASSES[k] for k in dataset.get_gt_labels())
    assert labels == {k: 3 * n for k, n in CLASS_SEQUENCES.items()}
    per_subject = Counter(subject for subject, _ in sequences(dataset))
    assert [per_subject[s]
            for s in ('S006', 'S015', 'S016', 'S049')] == [1, 1, 1, 17]
    assert dataset.problems == []
    assert dataset.left_out == {
        'clips excluded': 5,
        'clips without an emotion': 3,
        'clips of another view': 1,
        'clips of another emotion': 1
    }
    assert 'left out: 5 clips excluded' in repr(dataset)


def test_without_exclusions_all_labelled_clips_count(tree):
    dataset = MMI(tree, split='all', exclude=())
    assert len(sequences(dataset)) == 213
    assert len(set(dataset.get_subjects())) == 32
    labels = Counter(dataset.CLASSES[k] for k in dataset.get_gt_labels())
    assert [labels[c] // 3
            for c in dataset.CLASSES] == [33, 32, 29, 44, 32, 43]


def test_views(tree):
    assert len(sequences(MMI(tree, split='all', views=(0, 1, 2)))) == 209
    dual = MMI(tree, split='all', views=[2], num_folds=2)
    assert set(dual.get_subjects()) == {
        'S001', 'S002', 'S003', 'S005', 'S006', 'S015', 'S016'
    }
    for views in (1, (), (3, ), 'frontal'):
        with pytest.raises(ValueError, match='views='):
            MMI(tree, split='all', views=views)


def test_interval_folds(tree):
    dataset = MMI(tree, split='all')
    assert tuple(dataset.fold_sizes) == FOLD_SEQUENCES
    test = MMI(tree, split='test', fold=9)
    train = MMI(tree, split='train', fold=9)
    assert len(sequences(test)) == 18
    assert not set(test.get_subjects()) & set(train.get_subjects())
    assert sequences(test) | sequences(train) == sequences(dataset)


def test_contiguous_folds_are_those_of_fmpn(tree):
    dataset = MMI(tree, split='all', fold_rule='contiguous')
    images = [3 * size for size in dataset.fold_sizes]
    assert tuple(reversed(images)) == BLOCK_IMAGES
    first = MMI(tree, split='test', fold=0, fold_rule='contiguous')
    last = MMI(tree, split='test', fold=9, fold_rule='contiguous')
    assert set(first.get_subjects()) == {'S001', 'S002', 'S003'}
    assert set(last.get_subjects()) == {'S050', 'S053', 'S054'}


def test_middle_frames_of_decoded_ones(tree, clips):
    dataset = MMI(tree, split='all')
    found = {}
    for record in map(dataset.get_record, range(len(dataset))):
        key = record['subject'], record['sequence']
        found.setdefault(key, []).append(record['frame_index'])
        number = clips[key].num_frames
        assert record['num_frames'] == number
        assert record['role'] == 'peak'
        assert record['video']['index'] == record['frame_index']
    for key, indices in found.items():
        middle = clips[key].num_frames // 2
        assert indices == [middle - 1, middle, middle + 1]


def correlation(first, second):
    if first.shape != second.shape:
        return 0
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


def test_frames_are_upright_in_every_codec(tree, clips):
    dataset = MMI(tree, split='all')
    seen = Counter()
    for sequence in dataset.find_sequences():
        if sequence.expression is None:
            continue
        clip = clips[sequence.subject, sequence.name]
        kind = (clip.codec, sequence.subject
                in ('S053', 'S054'), sequence.attributes['half'])
        if seen[kind]:
            continue
        seen[kind] += 1
        for index in (0, sequence.num_frames // 2):
            frame = dataset.read_frames(sequence, [index])[index]
            rendered = rendered_frame(clip, index)
            assert correlation(frame, rendered) > 0.97
            stored = dataset.read_frames(sequence, [index], AS_STORED)[index]
            others = [
                correlation(upright_frame(stored, geometry), rendered)
                for geometry in candidate_geometries(geometry_of(sequence))
            ]
            assert others[0] > 0.97
            assert max(others[1:]) < 0.9
    assert len(seen) == 12  # four geometries in three codecs


def test_pipeline_reads_the_same_frames(tree):
    dataset = MMI(tree, split='all', pipeline=[LoadFace()], pairs=True)
    raw = {(s.subject, s.name): s for s in dataset.find_sequences()}
    for i in (0, 100, 300, 623):
        item = dataset[i]
        index = item['frame_index']
        sequence = raw[item['subject'], item['sequence']]
        expected = dataset.read_frames(sequence, [index])[index]
        assert np.array_equal(item['img'], expected)
    targets = [dataset[i] for i in range(0, 60, 7)]
    for item in targets:
        if 'target_img' in item:
            assert item['target_img'].shape == item['img'].shape
    assert sum('target_img' in item for item in targets) > 4


def test_documented_geometry():
    for subject in ('S001', 'S002', 'S017'):
        assert documented_geometry(subject, 2, 720, 576) == dict(
            half='right', rotate=0)
    for subject in ('S003', 'S005', 'S006', 'S015', 'S016'):
        assert documented_geometry(subject, 2, 720, 576) == dict(
            half='left', rotate=0)
    assert documented_geometry('S040', 2, 720, 576)['half'] == 'unknown'
    for size in ((720, 576), (180, 144), (768, 600)):
        assert documented_geometry('S040', 0, *size) == SIDEWAYS
    for size in ((720, 480), (640, 480), (160, 120), (600, 480), (576, 720)):
        assert documented_geometry('S053', 0, *size) == AS_STORED
    assert documented_geometry('S040', 1, 720, 576) == AS_STORED


def test_candidates_are_likeliest_first():
    unknown = candidate_geometries(dict(half='unknown', rotate=0))
    assert unknown[:3] == [
        dict(half='left', rotate=0),
        dict(half='right', rotate=0), AS_STORED
    ]
    sideways = candidate_geometries(SIDEWAYS)
    assert sideways[:2] == [SIDEWAYS, AS_STORED]
    right = candidate_geometries(dict(half='right', rotate=0))
    assert right[0] == dict(half='right', rotate=0)
    for listed in (unknown, sideways, right):
        assert len({tuple(g.items()) for g in listed}) == len(listed) == 12
        assert all(g['half'] != 'unknown' for g in listed)


def test_upright_frame():
    frame = np.arange(5 * 7).reshape(5, 7).astype(np.uint8)
    assert np.array_equal(upright_frame(frame, SIDEWAYS), np.rot90(frame, 3))
    right = upright_frame(frame, dict(half='right', rotate=180))
    assert np.array_equal(right, frame[::-1, ::-1][:, :3])
    unknown = upright_frame(frame, dict(half='unknown', rotate=0))
    assert np.array_equal(unknown, frame)
    assert not np.shares_memory(unknown, frame)


def test_neutral_frames_of_clips_without_emotion(tree):
    dataset = MMI(
        tree, split='all', classes=6, neutral_frames=1, neutral_of='all')
    sources = [
        s for s in map(dataset.get_record, range(len(dataset)))
        if s['gt_label'] == -1
    ]
    assert len(sources) == 208 + 3 + 1
    assert all(s['video']['index'] == 0 for s in sources)


def test_prepared_tree_needs_no_video(tree, tmp_path):
    """An index as tools/prepare_dataset.py writes it."""
    raw = MMI(tree, split='all')
    rows = []
    for s in raw.find_sequences():
        if s.expression is None:
            continue
        middle = s.num_frames // 2
        paths = {
            i: raw.prepared_path(s, i)
            for i in (middle - 1, middle, middle + 1)
        }
        for path in paths.values():
            os.makedirs(osp.dirname(tmp_path / path), exist_ok=True)
            (tmp_path / path).write_bytes(b'png')
        rows.append(
            dict(
                subject=s.subject,
                name=s.name,
                expression=s.expression,
                num_frames=s.num_frames,
                attributes=s.attributes,
                frames=[
                    dict(
                        index=i,
                        path=p,
                        sha256=hashlib.sha256(b'png').hexdigest())
                    for i, p in paths.items()
                ]))
    write_index(
        str(tmp_path),
        dict(dataset='MMI', options=dict(frames=raw.frames), sequences=rows))
    prepared = MMI(str(tmp_path), split='all')
    assert len(prepared) == 624
    assert prepared.fold_sizes == raw.fold_sizes
    assert 'video' not in prepared.get_record(0)
    session, clip, name = prepared.get_record(0)['img_path'].split('/')[-3:]
    assert session.isdigit()
    assert (clip, name[3:]) == ('S001-103', '.png')
