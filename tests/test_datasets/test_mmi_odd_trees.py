"""MMI trees with odd names, damaged, incomplete or hostile files."""
import os
import os.path as osp
import shutil

import pytest
from rendered_mmi import (mmi_clips, render_mmi, stored_frames, write_session,
                          write_video)

from mmfermtl.datasets import MMI
from mmfermtl.datasets.mmi.mmi import geometry_of
from mmfermtl.utils.decoding.clip_geometry import candidate_geometries


@pytest.fixture(scope='module')
def few(tmp_path_factory):
    """A tree with a clip of each class and each geometry."""
    chosen = {}
    for clip in mmi_clips()[:208]:
        chosen.setdefault(clip.expression, clip)
        if clip.subject in ('S001', 'S003', 'S035', 'S053'):
            chosen.setdefault(clip.subject, clip)
    return render_mmi(
        str(tmp_path_factory.mktemp('few')),
        sorted(set(chosen.values()), key=str))


@pytest.fixture
def copy(few, tmp_path):
    """A copy of it, and a whole session in it that a test may spoil."""
    root = str(tmp_path / 'mmi tree')
    shutil.copytree(few, root)
    source = next(
        osp.join(folder, name) for folder, _, names in os.walk(few)
        for name in names if name.startswith('S035') and name.endswith('avi'))
    with open(source, 'rb') as file:
        video = file.read()
    folder = osp.join(root, 'Sessions', '2500')
    write_session(folder, 'S040-150', video, 0, 1)
    return root, folder


def sequences(dataset):
    return {(s['subject'], s['sequence'])
            for s in map(dataset.get_record, range(len(dataset)))}


def test_clips_with_marks_may_be_upright(copy):
    root, folder = copy
    with open(osp.join(folder, 'S040-150.avi'), 'rb') as file:
        write_session(folder, 'S040-150', file.read(), 0, 1, annotated=True)

    def rotation(**options):
        return next(
            s.attributes['rotate']
            for s in MMI(root, split='all', **options).find_sequences()
            if s.key == 'S040/150')

    assert rotation() == 90
    assert rotation(annotated_upright=True) == 0


def unlink(*names):
    return lambda folder: [os.remove(osp.join(folder, n)) for n in names]


def text(name, content):

    def write(folder):
        with open(osp.join(folder, name), 'w') as file:
            file.write(content)

    return write


def cut(share):

    def shorten(folder):
        path = osp.join(folder, 'S040-150.avi')
        os.truncate(path, int(osp.getsize(path) * share))

    return shorten


def other_codec(folder):
    path = osp.join(folder, 'S040-150.avi')
    write_video(path, stored_frames('S040', 0, 'anger', 9), 'mpeg4')
    with open(path, 'rb') as file:
        content = file.read()
    with open(path, 'wb') as file:
        file.write(content.replace(b'FMP4', b'QqQ!'))


def two_frames(folder):
    frames = stored_frames('S040', 0, 'anger', 9)[:2]
    write_video(osp.join(folder, 'S040-150.avi'), frames, 'mpeg4')


def rename(folder):
    os.rename(
        osp.join(folder, 'S040-150.avi'), osp.join(folder, 'holiday.avi'))


def add_video(folder):
    shutil.copy(
        osp.join(folder, 'S040-150.avi'), osp.join(folder, 'S040-151.avi'))


FAULTS = {
    'empty video': (text('S040-150.avi', ''), '0 bytes', 'copy it again'),
    'no video': (text('S040-150.avi', 'x' * 999), 'no frame', 'copy it again'),
    'cut header': (cut(0.01), 'no frame can be decoded', 'copy it again'),
    'cut video': (cut(0.3), '1 frames can be decoded', 'ask for fewer'),
    'unknown codec': (other_codec, "'QqQ!'", 'convert the video'),
    'two frames': (two_frames, '2 frames can be decoded', 'ask for fewer'),
    'no view': (unlink('session.xml'), 'session.xml is missing', 'download'),
    'no label': (unlink('S040-150.xml'), 'S040-150.xml is missing',
                 'download the session again'),
    'clip missing': (unlink('S040-150.avi'), 'found 0 videos', 'download'),
    'two videos': (add_video, 'found 2 videos', 'download'),
    'other name': (rename, 'not like S035-004.avi', 'rename'),
    'malformed': (text('S040-150.xml',
                       '<clip><Metatag'), 'malformed XML', 'copy it again'),
    'empty label': (text('S040-150.xml', ''), 'no content', 'copy it again'),
    'bomb': (text('S040-150.xml', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
             'DOCTYPE', 'remove the declaration'),
    'no code': (text('S040-150.xml',
                     '<c><Metatag Name="Emotion" Value="glad"/></c>'),
                "['glad']", 'copy it again'),
    'no such view':
    (text('session.xml',
          '<s><track view="7"/></s>'), "['7']", 'copy it again'),
}


@pytest.mark.parametrize('kind', FAULTS)
def test_fault_is_reported_and_left_out(copy, kind):
    root, folder = copy
    whole = MMI(root, split='all')
    assert ('S040', '150') in sequences(whole)
    assert whole.problems == []
    spoil, found, hint = FAULTS[kind]
    spoil(folder)
    dataset = MMI(root, split='all')
    assert ('S040', '150') not in sequences(dataset)
    assert len(dataset) == len(whole) - 3
    problem = dataset.problems[-1]
    assert problem.startswith(folder)
    assert found in problem
    assert hint in problem
    with pytest.raises(ValueError) as error:
        MMI(root, split='all', strict=True)
    assert problem in str(error.value)


def test_cut_video_with_enough_frames_is_kept_and_reported(copy):
    root, folder = copy
    cut(0.7)(folder)
    dataset = MMI(root, split='all')
    assert ('S040', '150') in sequences(dataset)
    problem, = dataset.problems
    assert problem.startswith(folder)
    assert 'the file is shorter than its header announces' in problem
    with pytest.raises(ValueError, match='shorter than its header'):
        MMI(root, split='all', strict=True)


def test_clip_in_two_downloads_counts_once(copy):
    root, folder = copy
    again = osp.join(root, 'Sessions more', '2500')
    shutil.copytree(folder, again)
    dataset = MMI(root, split='all')
    keys = [(s.subject, s.name) for s in dataset.find_sequences()]
    assert len(keys) == len(set(keys))
    problem = dataset.problems[-1]
    assert problem.startswith(again)
    assert f'is in {osp.join(folder, "S040-150.avi")} too' in problem


def test_links(copy):
    root, folder = copy
    number = len(MMI(root, split='all'))
    os.symlink(root, osp.join(folder, 'loop'))
    os.symlink(osp.join(root, 'gone'), osp.join(root, 'S099-001.avi'))
    dataset = MMI(root, split='all')
    assert len(dataset) == number
    assert len(dataset.problems) == 2
    assert all('link' in problem for problem in dataset.problems)


def test_names_with_blanks_and_any_nesting(copy):
    root, folder = copy
    for name, new in (('S040-150.avi', 's040 -150 .AVI'),
                      ('S040-150.xml', 'S040- 150.XML'), ('session.xml',
                                                          'Session.xml')):
        os.rename(osp.join(folder, name), osp.join(folder, new))
    place = osp.join(root, 'a', 'Bücher', '顔', 'Sessions')
    os.makedirs(place)
    shutil.move(folder, place)
    dataset = MMI(root, split='all')
    assert dataset.problems == []
    sequence = next(s for s in dataset.find_sequences() if s.key == 'S040/150')
    assert dataset.prepared_path(sequence,
                                 51) == 'Sessions/2500/S040-150/051.png'
    assert dataset.read_frames(sequence, [0])[0].shape == (180, 144, 3)


def test_wrong_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='found nothing, expected'):
        MMI(str(tmp_path / 'none'), split='all')
    with pytest.raises(ValueError, match='none of 0 sequences.*Sessions'):
        MMI(str(tmp_path), split='all')


def test_unknown_half_leaves_the_frame_whole(copy):
    root, folder = copy
    path = osp.join(folder, 'S040-150.avi')
    write_video(path, stored_frames('S001', 2, 'anger', 5), 'mpeg4')
    with open(path, 'rb') as file:
        write_session(folder, 'S040-150', file.read(), 2, 1)
    dataset = MMI(root, split='all')
    sequence = next(s for s in dataset.find_sequences() if s.key == 'S040/150')
    assert sequence.attributes['half'] == 'unknown'
    assert dataset.read_frames(sequence, [2])[2].shape == (144, 180, 3)
    left, right = candidate_geometries(geometry_of(sequence))[:2]
    assert (left['half'], right['half']) == ('left', 'right')
    face = dataset.read_frames(sequence, [2], left)[2]
    assert face.shape == (144, 90, 3)
