"""Preparations that are interrupted, damaged and resumed."""
import errno
import os
import os.path as osp
from functools import partial

import cv2
import pytest
from prepared_ckplus import SEQUENCES, prepare
from rendered_frames import (DeadlyDetector, ckplus_path, tree_bytes,
                             write_ckplus)

from mmfermtl.preparation.prepare_dataset import prepare_dataset
from mmfermtl.preparation.sequence_preparer import SequencePreparer
from mmfermtl.utils import atomic_files as prepared_files
from mmfermtl.utils.journal import JOURNAL_FOLDER, Journal


@pytest.fixture
def raw(tmp_path):
    return write_ckplus(str(tmp_path / 'raw'), SEQUENCES)


class Stop(Exception):
    """End a run like a kill, at any moment."""


@pytest.mark.parametrize('moment', range(1, 40, 5))
def test_interrupted_runs_resume_to_the_same_bytes(raw, tmp_path, monkeypatch,
                                                   moment):
    prepare(raw, tmp_path / 'whole')
    replace, calls = os.replace, []

    def stop(source, target):
        calls.append(target)
        if len(calls) == moment:
            # A kill leaves the temporary file; write_whole removes it.
            with open(f'{target}.0123abcd{prepared_files.PARTIAL}',
                      'w') as file:
                file.write('half')
            raise Stop
        replace(source, target)

    monkeypatch.setattr(os, 'replace', stop)
    try:
        prepare(raw, tmp_path / 'broken')
    except Stop:
        assert not (tmp_path / 'broken' / 'index.json').exists()
    else:
        assert len(calls) < moment
    monkeypatch.setattr(os, 'replace', replace)
    prepare(raw, tmp_path / 'broken')
    assert tree_bytes(tmp_path / 'broken') == tree_bytes(tmp_path / 'whole')


def test_finished_sequences_are_not_prepared_again(raw, tmp_path, monkeypatch):
    done = []
    prepare_one = SequencePreparer.prepare

    def note(self, task):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(task.sequence.key)
        return prepare_one(self, task)

    monkeypatch.setattr(SequencePreparer, 'prepare', note)
    with pytest.raises(KeyboardInterrupt):
        prepare(raw, tmp_path / 'out')
    first = list(done)
    done.clear()
    prepare(raw, tmp_path / 'out')
    assert sorted(first + done) == sorted(f'{s}/{n}'
                                          for s, n, code in SEQUENCES if code)
    done.clear()
    before = {p: os.stat(p).st_mtime_ns for p in tmp_path.rglob('*')}
    text = prepare_dataset('ckplus', raw, str(tmp_path / 'out'))
    assert 'nothing to do, all crops are there' in text
    assert done == []
    after = {p: os.stat(p).st_mtime_ns for p in tmp_path.rglob('*.*')}
    assert all(before[p] == after[p] for p in after if p.is_file())


@pytest.mark.parametrize('damage', ['crop', 'crop gone', 'journal', 'source'])
def test_damaged_files_are_prepared_again(raw, tmp_path, monkeypatch, damage):
    """A sequence counts as done if source and crops are unchanged."""
    out = tmp_path / 'out'
    prepare(raw, tmp_path / 'whole')
    monkeypatch.setattr(Journal, 'remove', lambda self: None)
    prepare(raw, out)
    monkeypatch.undo()
    os.remove(out / 'index.json')
    crop = out / osp.relpath(ckplus_path('', 'S005', '001', 5), '')
    if damage == 'crop':
        crop.write_bytes(crop.read_bytes()[:200])
    elif damage == 'crop gone':
        crop.unlink()
    elif damage == 'journal':
        for path in (out / JOURNAL_FOLDER / 'sequences').iterdir():
            path.write_text(path.read_text()[:50])
    else:
        path = ckplus_path(raw, 'S005', '001', 5)
        cv2.imwrite(path, 255 - cv2.imread(path, 0))
    prepare(raw, out)
    same = tree_bytes(out) == tree_bytes(tmp_path / 'whole')
    assert same == (damage != 'source')
    prepare(raw, tmp_path / 'again')
    assert tree_bytes(out) == tree_bytes(tmp_path / 'again')


def test_a_finished_tree_follows_its_source(raw, tmp_path):
    out = tmp_path / 'out'
    broken = ckplus_path(raw, 'S005', '002', 4)
    image = cv2.imread(broken, 0)
    open(broken, 'w').close()
    assert 'missing' in prepare(raw, out)['S005/002']['frames'][2]
    cv2.imwrite(broken, image)
    with open(
            osp.join(raw, 'Emotion', 'S005', '001',
                     'S005_001_00000005_emotion.txt'), 'w') as file:
        file.write('   3.0000000e+00\n')
    os.remove(
        osp.join(raw, 'Emotion', 'S011', '001',
                 'S011_001_00000005_emotion.txt'))
    rows = prepare(raw, out)
    assert 'path' in rows['S005/002']['frames'][2]
    assert rows['S005/001']['expression'] == 'disgust'
    assert not (out / 'cohn-kanade-images' / 'S011').exists()
    prepare(raw, tmp_path / 'fresh')
    assert tree_bytes(out) == tree_bytes(tmp_path / 'fresh')


def test_two_processes_do_the_same(raw, tmp_path):
    prepare(raw, tmp_path / 'one')
    prepare(raw, tmp_path / 'two', jobs=2)
    assert tree_bytes(tmp_path / 'one') == tree_bytes(tmp_path / 'two')


def test_a_killed_worker(raw, tmp_path):
    out, trigger = tmp_path / 'out', tmp_path / 'trigger'
    trigger.touch()
    factory = partial(DeadlyDetector, str(trigger))
    options = dict(align='detector')
    with pytest.raises(ValueError, match='run the same command again'):
        prepare(raw, out, factory, jobs=2, options=options)
    trigger.unlink()
    assert len(prepare(raw, out, factory, jobs=2, options=options)) == 5


@pytest.mark.parametrize('number', [2, 6, 26, 27, 28])
def test_a_full_disk(raw, tmp_path, monkeypatch, number):
    prepare(raw, tmp_path / 'whole')
    sync, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) >= number:
            raise OSError(errno.ENOSPC, 'No space left on device')
        sync(descriptor)

    out = tmp_path / 'out'
    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(
            ValueError,
            match=f'{out}.*cannot be written .No space left on device.; '
            'finished sequences stay'):
        prepare(raw, out)
    monkeypatch.setattr(os, 'fsync', sync)
    prepare(raw, out)
    assert tree_bytes(out) == tree_bytes(tmp_path / 'whole')


def test_a_folder_that_cannot_be_made(raw, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(ValueError, match=f'{tmp_path}/file.*cannot be writ'):
        prepare(raw, tmp_path / 'file' / 'out')


def test_other_options_than_those_of_an_interrupted_run(
        raw, tmp_path, monkeypatch):
    monkeypatch.setattr(SequencePreparer, 'prepare', lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        prepare(raw, tmp_path / 'out')
    with pytest.raises(ValueError, match='size=110 there, 64 now'):
        prepare(raw, tmp_path / 'out', options=dict(size=64))


def test_two_runs_at_once(raw, tmp_path):
    out = tmp_path / 'out'
    with Journal(str(out)).lock():
        with pytest.raises(ValueError, match='is making this tree'):
            prepare(raw, out)
    prepare(raw, out)
