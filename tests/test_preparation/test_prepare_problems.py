"""Broken sources and doubtful crops, and how they are reported."""
import os
import os.path as osp
import re
import shutil
import zlib

import cv2
import numpy as np
import pytest
from rendered_frames import (DotDetector, ckplus_path, no_detector,
                             render_frame, tree_bytes, write_ckplus)

from mmfermtl.datasets.prepared_index import read_index
from mmfermtl.preparation.prepare_dataset import parse_frames, prepare_dataset
from mmfermtl.preparation.sequence_preparer import NO_FACE
from mmfermtl.preparation.tree_checks import clear_tree, verify_dataset
from mmfermtl.utils.errors import UserError

SEQUENCES = [('S005', '001', 1), ('S010', '001', 3)]
EYES = ((65, 40), (95, 40))


@pytest.fixture
def raw(tmp_path):
    return write_ckplus(str(tmp_path / 'raw'), SEQUENCES)


def prepare(raw, out, detector_factory=no_detector, name='ckplus', **kwargs):
    text = prepare_dataset(
        name, str(raw), str(out), detector_factory=detector_factory, **kwargs)
    rows = {
        f'{row["subject"]}/{row["name"]}': row
        for row in read_index(str(out))['sequences']
    }
    return text, rows, (out / 'report.md').read_text()


def overwrite(path, content):
    with open(path, 'wb') as file:
        file.write(content)


def truncate(path):
    with open(path, 'rb') as file:
        content = file.read()
    overwrite(path, content[:len(content) // 2])


def scale_numbers(path):
    np.savetxt(path, np.loadtxt(path) * 1e6)


IMAGE = ckplus_path('', 'S005', '001', 4)
MARKS = 'Landmarks/S005/001/S005_001_00000004_landmarks.txt'
LABEL = 'Emotion/S005/001/S005_001_00000005_emotion.txt'
# A PNG with a header of 65,536 x 65,536 pixels.
HEADER = b'IHDR' + bytes([0, 1, 0, 0, 0, 1, 0, 0, 8, 0, 0, 0, 0])
BOMB = (b'\x89PNG\r\n\x1a\n\x00\x00\x00\r' + HEADER +
        zlib.crc32(HEADER).to_bytes(4, 'big') + b'\x00\x00\x00\x00IDAT' +
        zlib.crc32(b'IDAT').to_bytes(4, 'big'))
BROKEN = dict(
    truncated=(IMAGE, truncate, r'broken or truncated.*copy'),
    empty=(IMAGE, lambda p: overwrite(p, b''), r'found 0 bytes.*copy'),
    text=(IMAGE, lambda p: overwrite(p, b'hello'), r'no image in a.*copy'),
    bomb=(IMAGE, lambda p: overwrite(p, BOMB),
          'more than .* pixels.*that you trust'),
    gone=(IMAGE, os.remove, r'frame 3 is missing from the tree; copy'),
    no_landmarks=(MARKS, os.remove, 'no face detector at hand: no weights'),
    few_landmarks=(MARKS, truncate, r'landmarks not usable.*copy it again'),
    wild_landmarks=(MARKS, lambda p: overwrite(p, b'nan nan\n' * 68),
                    'copy it aga'),
    far_landmarks=(MARKS, scale_numbers,
                   'the face is .* pixels wide.*copy it again'),
    same_landmarks=(MARKS, lambda p: overwrite(p, b'50 50\n' * 68),
                    'eyes are 0 pixels apart.*copy it again'),
    label=(LABEL, lambda p: overwrite(p, b'   9.0e+00\n'), 'from 0 to 7.*cop'),
    empty_label=(LABEL, lambda p: overwrite(p, b''), 'one number.*copy it'),
)


@pytest.mark.parametrize('kind', list(BROKEN))
def test_one_broken_file_does_not_stop_the_rest(raw, tmp_path, kind):
    name, spoil, message = BROKEN[kind]
    spoil(osp.join(raw, name))
    out = tmp_path / 'out'
    if kind == 'no_landmarks':
        # Known beforehand: reported at once, not after an hour.
        with pytest.raises(ValueError, match=message):
            prepare(raw, out)
        return
    text, rows, report = prepare(raw, out)
    place = dict(gone='S005/001 ').get(kind, name[-32:-8])
    line, = [n for n in report.splitlines() if place in n]
    assert '|' in line and raw not in report
    assert re.search(message, line), line
    assert all('path' in f for f in rows['S010/001']['frames'])
    if name is not LABEL:
        frames = rows['S005/001']['frames']
        assert ['missing' in f for f in frames] == [False, False, True, False]
        assert '1 frames without a crop in 1 sequences' in text
        assert (out / 'doubtful.png').exists()
    with pytest.raises(UserError, match='Everything else is prepared'):
        prepare(raw, out, strict=True)


def test_overwrite_keeps_what_is_the_same(raw, tmp_path):
    """Only a tree of other options is removed."""
    out = tmp_path / 'out'
    prepare(raw, out)
    again, _, _ = prepare(raw, out, overwrite=True)
    assert 'nothing to do' in again
    other, rows, _ = prepare(raw, out, overwrite=True, options=dict(size=64))
    assert 'sequences prepared now' in other and rows


def test_damaged_landmarks_of_a_frame_without_a_face(raw, tmp_path):
    truncate(osp.join(raw, MARKS))
    cv2.imwrite(osp.join(raw, IMAGE), render_frame([]))
    moved = str(tmp_path / 'moved')
    shutil.copytree(raw, moved)
    _, rows, report = prepare(raw, tmp_path / 'out', DotDetector)
    frame = rows['S005/001']['frames'][2]
    assert frame['face'] == 'borrowed'
    assert frame['doubtful'][0].startswith(f'landmarks not usable: {MARKS}: ')
    assert frame['doubtful'][1] == 'no face found, cut as frame 2'
    # The files do not depend on the folder of the distribution.
    prepare(moved, tmp_path / 'other', DotDetector)
    assert tree_bytes(tmp_path / 'out') == tree_bytes(tmp_path / 'other')


@pytest.mark.parametrize('spoil', [os.remove, truncate])
def test_a_detector_replaces_missing_landmarks(raw, tmp_path, spoil):
    spoil(osp.join(raw, MARKS))
    _, rows, report = prepare(raw, tmp_path / 'out', DotDetector)
    frame = rows['S005/001']['frames'][2]
    assert frame['face'] == 'found' and frame['score'] == 0.9
    damaged = spoil is truncate
    assert bool(frame['doubtful']) == damaged
    assert ('landmarks not usable' in report) == damaged


def test_a_detector_that_is_installed_later(raw, tmp_path):
    """A frame that failed without a detector is tried again."""
    truncate(osp.join(raw, MARKS))
    _, rows, _ = prepare(raw, tmp_path / 'out')
    assert 'missing' in rows['S005/001']['frames'][2]
    _, rows, _ = prepare(raw, tmp_path / 'out', DotDetector)
    assert rows['S005/001']['frames'][2]['face'] == 'found'


def test_frames_without_a_face(raw, tmp_path):
    for frame in (1, 4):
        cv2.imwrite(ckplus_path(raw, 'S005', '001', frame), render_frame([]))
    for frame in range(1, 6):
        cv2.imwrite(ckplus_path(raw, 'S010', '001', frame), render_frame([]))
    out = tmp_path / 'out'
    text, rows, report = prepare(
        raw, out, DotDetector, options=dict(align='detector'))
    frames = rows['S005/001']['frames']
    assert [f['face']
            for f in frames] == ['borrowed', 'found', 'borrowed', 'found']
    assert [f.get('borrowed_from') for f in frames] == [2, None, 2, None]
    assert frames[0]['transform'] == frames[1]['transform']
    assert frames[0]['landmarks'] is None
    assert frames[0]['doubtful'] == ['no face found, cut as frame 2']
    assert [f['missing'] for f in rows['S010/001']['frames']] == [NO_FACE] * 4
    assert '4 frames without a crop in 1 sequences, 2 doubtful crops' in text
    assert report.count(NO_FACE) == 4
    assert not list(out.rglob('S010*.png'))
    # Two crops of 110 pixels, and four whole frames of 120 x 160, enlarged.
    tile = 16 + 2 * 110
    sheet = cv2.imread(str(out / 'doubtful.png'))
    assert sheet.shape[1] == 16 + 6 * tile
    frame = sheet[50:50 + 120, 16 + 2 * tile:][:, :160]
    source = cv2.imread(ckplus_path(raw, 'S010', '001', 1))
    np.testing.assert_array_equal(frame, source)


@pytest.mark.parametrize('faces, score, reason', [
    ([EYES], 0.5, 'score 0.50'),
    ([EYES, ((105, 90), (130, 90))], 0.9, '2 faces'),
    ([((65, 30), (95, 50))], 0.9, 'tilted by 34 degrees'),
    ([((72, 40), (88, 40))], 0.9, 'eyes 16 px apart, median of all'),
    ([((5, 5), (35, 5))], 0.9, '% of the crop outside the image'),
])
def test_doubtful_crops(raw, tmp_path, faces, score, reason):
    for frame in range(1, 6):
        path = ckplus_path(raw, 'S005', '001', frame)
        cv2.imwrite(path, render_frame(faces))
    for number in range(3):
        write_ckplus(raw, [(f'S02{number}', '001', 1)])
    _, rows, report = prepare(
        raw,
        tmp_path / 'out',
        lambda: DotDetector(score),
        options=dict(align='detector'))
    for frame in rows['S005/001']['frames']:
        assert any(reason in text for text in frame['doubtful'])
    assert report.count(reason) >= 4
    if score == 0.9:
        assert not any(f['doubtful'] for f in rows['S021/001']['frames'])


def test_eyes_apart_from_those_of_the_sequence(raw, tmp_path):
    cv2.imwrite(
        ckplus_path(raw, 'S005', '001', 3),
        render_frame([((58, 40), (102, 40))]))
    _, rows, _ = prepare(
        raw, tmp_path / 'out', DotDetector, options=dict(align='detector'))
    reasons = [f['doubtful'] for f in rows['S005/001']['frames']]
    assert reasons[1] == ['eyes 44 px apart, median of its sequence 30 px']
    assert not any(reasons[:1] + reasons[2:])


@pytest.mark.parametrize('raw_root, out_root, message', [
    ('nothing', 'out', 'found nothing, expected the folder of the dist'),
    ('raw', 'raw', 'are within one another or are the same'),
    ('raw', 'raw/out', 'are within one another'),
    ('link', 'raw/out', 'are within one another'),
    ('raw', '.', 'are within one another'),
    ('raw', 'full', 'found notes.txt and nothing of a preparation'),
    ('raw', 'full/notes.txt', 'found a file, expected a folder'),
    ('full', 'out', 'no .*_emotion.txt file found|none of 0 sequences'),
    ('raw/Landmarks', 'out', 'no .*_emotion.txt file found'),
])
def test_folders_that_cannot_be_used(raw, tmp_path, raw_root, out_root,
                                     message):
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'notes.txt').touch()
    (tmp_path / 'link').symlink_to(raw)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        prepare(tmp_path / raw_root, tmp_path / out_root)
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('overwrite', [False, True])
@pytest.mark.parametrize('text', ['{"version": 1}', '{"version": 1', ''])
def test_an_index_of_another_program(raw, tmp_path, text, overwrite):
    """Web albums have an index.json, too, beside images of their own."""
    out = tmp_path / 'album'
    (out / 'holiday').mkdir(parents=True)
    (out / 'index.json').write_text(text)
    for name in ('top.png', 'holiday/photo.png'):
        (out / name).write_bytes(b'mine')
    before = tree_bytes(out)
    with pytest.raises(
            ValueError, match='found index.json and nothing of a preparation'):
        prepare(raw, out, overwrite=overwrite)
    clear_tree(str(out))
    assert tree_bytes(out) == before


def test_overwrite_replaces_a_damaged_index(raw, tmp_path):
    out = tmp_path / 'out'
    prepare(raw, out)
    truncate(out / 'index.json')
    with pytest.raises(ValueError, match='cannot be read as JSON.*--overwrit'):
        prepare(raw, out)
    text, rows, _ = prepare(raw, out, overwrite=True)
    assert '2 sequences prepared now' in text and len(rows) == 2


def test_a_prepared_tree_is_no_source(raw, tmp_path):
    prepare(raw, tmp_path / 'out')
    with pytest.raises(ValueError, match='found a prepared tree'):
        prepare(tmp_path / 'out', tmp_path / 'again')


def test_names_with_blanks_and_accents(tmp_path):
    raw = write_ckplus(str(tmp_path / 'données brutes'), SEQUENCES)
    os.symlink(raw, osp.join(raw, 'loop'))
    out = tmp_path / 'prêt à porter'
    text, rows, report = prepare(raw, out)
    assert len(rows) == 2 and '1 problems in the source' in text
    assert 'link back to the folder' in report


@pytest.mark.parametrize('kwargs, message', [
    (dict(options=dict(size=4)), 'size=4; give 8 to 4096'),
    (dict(options=dict(margin=-1)), 'margin=-1; give 0 to 2'),
    (dict(options=dict(neutral=-1)), 'neutral=-1; give 0 or more'),
    (dict(options=dict(color='red')), "color='red'; give one of keep, gray"),
    (dict(options=dict(align='x')), "align='x'; give one of auto, detector"),
    (dict(jobs=0), 'jobs=0; give 1 or more'),
    (dict(dataset_options=dict(modality=['VL'])), '--modality is an option '
     'of oulucasia, not of ckplus'),
])
def test_options_out_of_range(raw, tmp_path, kwargs, message):
    with pytest.raises(ValueError, match=message):
        prepare(raw, tmp_path / 'out', **kwargs)


def test_frame_rules(tmp_path):
    assert parse_frames('all') == 'all'
    assert parse_frames('middle:5') == dict(middle=5)
    assert parse_frames('indices:0,-1') == dict(indices=[0, -1])
    path = tmp_path / 'frames.txt'
    path.write_text('S005/001 1 2\n')
    assert parse_frames(f'file:{path}') == dict(file={'S005/001': (1, 2)})
    for text in ('last', 'last:0', 'last:x', 'best:3', 'indices:', 'file:'):
        with pytest.raises(UserError, match=f'--frames {text}: give all'):
            parse_frames(text)


def test_sequences_that_a_list_of_frames_does_not_fit(raw, tmp_path):
    path = tmp_path / 'frames.txt'
    path.write_text('S005/001 1 9\n')
    rule = parse_frames(f'file:{path}')
    _, rows, report = prepare(
        write_ckplus(raw, [('S011', '001', 1)]),
        tmp_path / 'out',
        dataset_options=dict(frames=rule),
        options=dict(neutral=1))
    assert sorted(rows) == ['S010/001', 'S011/001']
    assert r'S005/001 has 5 frames; the frames \[9\] asked for' in report


def test_images_called_as_contact_sheets(tmp_path):
    """Their crops were removed with the contact sheets of earlier runs."""
    names = ('doubtful.png', 'doubtful_001.png', 'doubtful_1.png', 'x.png')
    raw, out = tmp_path / 'raw', tmp_path / 'out'
    raw.mkdir()
    lines = ['path,expression,subject']
    for number, name in enumerate(names):
        cv2.imwrite(str(raw / name), render_frame([EYES]))
        lines.append(f'{name},{("anger", "joy")[number % 2]},s{number // 2}')
    (raw / 'faces.csv').write_text('\n'.join(lines))
    text, rows, report = prepare(
        raw,
        out,
        name='folder',
        dataset_options=dict(ann_file='faces.csv'),
        options=dict(align='none'))
    assert [row['frames'][0]['path']
            for row in rows.values()] == ['doubtful_1.png', 'x.png']
    assert report.count('have the name of a contact sheet') == 2
    assert 'all 2 crops are unchanged' in verify_dataset(str(out))
