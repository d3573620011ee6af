"""Prepared trees of rendered CK+ sequences: crops, index and options."""
import json
import os.path as osp

import cv2
import numpy as np
import pytest
from prepared_ckplus import SEQUENCES, prepare
from rendered_frames import DotDetector, ckplus_path, tree_bytes, write_ckplus

from mmfermtl.datasets import CKPlus
from mmfermtl.datasets.prepared_index import read_index
from mmfermtl.preparation import transform_points
from mmfermtl.preparation.tree_checks import verify_dataset
from mmfermtl.utils.contained_files import file_sha256
from mmfermtl.utils.errors import UserError

CLASSES = ('anger', 'disgust')


@pytest.fixture
def raw(tmp_path):
    return write_ckplus(str(tmp_path / 'raw'), SEQUENCES)


def records(root, **kwargs):
    dataset = CKPlus(
        str(root), split='all', classes=CLASSES, neutral_frames=1, **kwargs)
    samples = [dataset.get_record(i) for i in range(len(dataset))]
    for sample in samples:
        sample['img_path'] = osp.relpath(sample['img_path'], str(root))
        sample.pop('sample_idx')
    return samples


def white_dots(crop):
    _, _, _, centres = cv2.connectedComponentsWithStats(
        (crop > 235).astype(np.uint8))
    return centres[1:][np.argsort(centres[1:, 0])]


def test_the_prepared_tree_gives_the_samples_of_the_distribution(
        raw, tmp_path):
    prepare(raw, tmp_path / 'out')
    assert records(tmp_path / 'out') == records(raw)
    assert len(records(raw)) == 5 * 4


@pytest.mark.parametrize('align', ['auto', 'detector'])
def test_the_eyes_are_aligned(raw, tmp_path, align):
    out = tmp_path / 'out'
    rows = prepare(raw, out, DotDetector, options=dict(align=align))
    assert len(rows) == 5
    for row in rows.values():
        assert [f['index'] for f in row['frames']] == [0, 2, 3, 4]
        for frame in row['frames']:
            crop = cv2.imread(str(out / frame['path']), cv2.IMREAD_UNCHANGED)
            assert crop.shape == (110, 110)  # grey, as the source
            # Eye distance 0.40 / 1.2 of the side, at 0.38 / 1.2.
            expected = [[54.5 - 110 / 6, 110 * 0.38 / 1.2 - 0.5],
                        [54.5 + 110 / 6, 110 * 0.38 / 1.2 - 0.5]]
            moved = transform_points(
                np.array(frame['landmarks'][:2]), np.array(frame['transform']))
            np.testing.assert_allclose(moved, expected, atol=1e-6)
            np.testing.assert_allclose(white_dots(crop), expected, atol=1)
            assert frame['face'] == dict(
                auto='landmarks', detector='found')[align]
            assert frame['doubtful'] == []


def test_the_index_traces_a_crop_to_its_source(raw, tmp_path):
    out = tmp_path / 'out'
    row = prepare(raw, out)['S010/003']
    frame = row['frames'][-1]
    assert frame['path'] == frame['source'] == (
        'cohn-kanade-images/S010/003/S010_003_00000005.png')
    assert frame['sha256'] == file_sha256(str(out / frame['path']))
    assert row['sources'][frame['source']] == file_sha256(
        osp.join(raw, frame['source']))
    assert set(row['sources']) == {
        path
        for n in (1, 3, 4, 5)
        for path in (f'cohn-kanade-images/S010/003/S010_003_{n:08d}.png',
                     f'Landmarks/S010/003/S010_003_{n:08d}_landmarks.txt')
    }
    assert row['num_frames'] == 5
    assert read_index(str(out))['options']['size'] == 110


def test_options_of_the_crops(raw, tmp_path):
    colour = ckplus_path(raw, 'S005', '001', 5)
    image = np.full((120, 160, 3), (10, 20, 200), np.uint8)
    image[-1, -1] = 0
    cv2.imwrite(colour, image)
    out = tmp_path / 'out'
    prepare(
        raw,
        out,
        options=dict(size=64, neutral=0, unlabelled=False),
        dataset_options=dict(frames=dict(last=1)))
    path = osp.relpath(colour, raw)
    assert sorted(n for n in tree_bytes(out) if n.endswith('5.png'))
    crop = cv2.imread(str(out / path), cv2.IMREAD_UNCHANGED)
    assert crop.shape == (64, 64, 3)
    np.testing.assert_array_equal(crop[5, 5], (10, 20, 200))
    prepare(raw, tmp_path / 'gray', options=dict(color='gray'))
    crop = cv2.imread(str(tmp_path / 'gray' / path), cv2.IMREAD_UNCHANGED)
    assert crop.shape == (110, 110)


def test_neutral_frames_of_sequences_without_a_label(raw, tmp_path):
    assert 'S011/002' not in prepare(raw, tmp_path / 'labelled')
    report = (tmp_path / 'labelled' / 'report.md').read_text()
    assert '1 sequences without a label are not prepared' in report
    row = prepare(
        raw, tmp_path / 'all', options=dict(unlabelled=True))['S011/002']
    assert [f['index'] for f in row['frames']] == [0]
    assert row['expression'] is None
    assert len(records(tmp_path / 'all', neutral_of='all')) == 21


def test_what_was_excluded_is_no_unknown_name(raw, tmp_path, capfd):
    options = dict(exclude=['S005', 'S010-003'])
    prepare(raw, tmp_path / 'out', dataset_options=options)
    capfd.readouterr()
    kept = records(tmp_path / 'out', exclude=['S005', 'S010-003', 'S099'])
    assert {r['subject'] for r in kept} == {'S010', 'S011'}
    assert '1 of 1 names in `exclude`' in ''.join(capfd.readouterr())
    records(tmp_path / 'out', **options)
    assert 'in `exclude`' not in ''.join(capfd.readouterr())


def test_neutral_frames_of_all_need_neutral_frames(raw, capfd):
    for neutral, said in ((None, True), (1, False)):
        CKPlus(
            raw,
            split='all',
            classes=CLASSES,
            neutral_of='all',
            neutral_frames=neutral)
        text = ''.join(capfd.readouterr())
        assert ("neutral_of='all' does nothing" in text) == said


def test_other_options_are_refused(raw, tmp_path):
    out = tmp_path / 'out'
    prepare(raw, out)
    with pytest.raises(
            ValueError,
            match=r'margin=0.1 there, 0.2 now; size=110 there, 64 now\); give '
            'the same, or another out root, or --overwrite'):
        prepare(raw, out, options=dict(size=64, margin=0.2))
    (out / 'mine.txt').touch()
    prepare(raw, out, options=dict(size=64), overwrite=True)
    assert (out / 'mine.txt').exists()
    crop = cv2.imread(str(next(out.rglob('S005*.png'))))
    assert crop.shape[0] == 64


def test_verify(raw, tmp_path):
    out = tmp_path / 'out'
    with pytest.raises(ValueError, match='no index.json, expected a prepared'):
        verify_dataset(str(out))
    prepare(raw, out)
    assert 'all 20 crops' in verify_dataset(str(out))
    crop = next(out.rglob('S005*.png'))
    content = crop.read_bytes()
    crop.write_bytes(content[:-1] + b'x')
    with pytest.raises(UserError, match=f'1 of 20.*\n.*{crop.name}'):
        verify_dataset(str(out))
    prepare(raw, out)
    assert crop.read_bytes() == content
    assert json.loads((out / 'index.json').read_text())['dataset'] == 'CKPlus'
