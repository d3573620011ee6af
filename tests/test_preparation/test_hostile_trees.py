"""Prepared trees and generated sets with JSON files of unknown origin."""
import json
import os
import os.path as osp

import numpy as np
import pytest
from prepared_ckplus import prepare
from rendered_frames import tree_bytes, write_ckplus

from mmfermtl.datasets.generated.provenance import (PROVENANCE_NAME,
                                                    format_provenance)
from mmfermtl.generation.generated_set import GeneratedSet
from mmfermtl.preparation.preparation_report import format_report
from mmfermtl.preparation.sequence_tasks import Worklist
from mmfermtl.preparation.tree_checks import check_options, verify_dataset
from mmfermtl.utils.journal import JOURNAL_FOLDER, Journal

SEQUENCES = [('S005', '001', 1), ('S010', '003', 3)]
#: Paths that lead to a file beside the tree.
ESCAPES = [
    '../keep.png', '{root}/keep.png', 'cohn-kanade-images/../../keep.png'
]
HEADER = dict(
    dataset='CKPlus48',
    split='train',
    fold=0,
    num_folds=10,
    fold_rule='interval',
    classes=['anger'])


@pytest.fixture(scope='module')
def raw(tmp_path_factory):
    return write_ckplus(str(tmp_path_factory.mktemp('raw')), SEQUENCES)


@pytest.fixture
def keep(tmp_path):
    """A file that no tree may touch."""
    path = tmp_path / 'keep.png'
    path.write_text('mine')
    return path


@pytest.fixture
def out(raw, tmp_path):
    """A finished tree, which a run has nothing to do in."""
    prepare(raw, tmp_path / 'out')
    return tmp_path / 'out'


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def image(path):
    return dict(
        path=path,
        sha256='0' * 64,
        expression='anger',
        target=[1.],
        source=dict(
            dataset='CKPlus48',
            subject='S1',
            sequence='1',
            frame_index=0,
            num_frames=1))


@pytest.mark.parametrize('path', ESCAPES)
@pytest.mark.parametrize('overwrite', [False, True])
def test_an_index_that_names_files_elsewhere(raw, out, keep, path, overwrite):
    """Its crops count as orphans, which used to be removed."""
    wrong = path.format(root=keep.parent)
    change(
        out / 'index.json', lambda content: content['sequences'][0]['frames'][
            0].update(path=wrong))
    with pytest.raises(ValueError, match="index.json: .*without '..'"):
        prepare(raw, out)
    with pytest.raises(ValueError, match="index.json: .*without '..'"):
        verify_dataset(str(out))
    if overwrite:
        prepare(raw, out, overwrite=True)
    assert keep.read_text() == 'mine'


@pytest.mark.parametrize('path', [*ESCAPES, 'up/keep.png'])
def test_a_journal_that_names_files_elsewhere(raw, out, keep, path):
    whole = tree_bytes(out)
    row = json.loads((out / 'index.json').read_text())['sequences'][0]
    row['frames'][0]['path'] = path.format(root=keep.parent)
    if path.startswith('up/'):
        os.symlink('..', out / 'up')
    journal = Journal(str(out))
    journal.begin('CKPlus',
                  json.loads((out / 'index.json').read_text())['options'])
    journal._write('sequences/x.json', row)
    if path.startswith('up/'):
        with pytest.raises(ValueError, match='up/keep.png: leads through a'):
            prepare(raw, out)
        os.remove(out / 'up')
    else:
        prepare(raw, out)
        assert tree_bytes(out) == whole
    assert keep.read_text() == 'mine'


def test_files_are_not_written_through_links(raw, tmp_path, keep):
    """Neither crops nor the lock of the journal."""
    out, elsewhere = tmp_path / 'out', tmp_path / 'elsewhere'
    elsewhere.mkdir()
    (out / JOURNAL_FOLDER).mkdir(parents=True)
    os.symlink(keep, out / JOURNAL_FOLDER / 'lock')
    with pytest.raises(ValueError, match='lock: leads through a link'):
        prepare(raw, out)
    os.remove(out / JOURNAL_FOLDER / 'lock')
    os.symlink(elsewhere, out / 'cohn-kanade-images')
    with pytest.raises(ValueError, match='leads through a link'):
        prepare(raw, out)
    assert keep.read_text() == 'mine' and os.listdir(elsewhere) == []


def test_a_linked_crop_becomes_a_file(raw, out, keep):
    whole = tree_bytes(out)
    crop = next(out.glob('cohn-kanade-images/S005/001/*.png'))
    keep.write_bytes(crop.read_bytes())
    crop.unlink()
    os.symlink(keep, crop)
    prepare(raw, out)
    assert tree_bytes(out) == whole and not crop.is_symlink()
    assert keep.exists()


@pytest.mark.parametrize('text', ['[]', '[' * 9999, '{"dataset": 1}', '\xff'])
def test_journals_of_the_wrong_shape(raw, out, text):
    whole = tree_bytes(out)
    journal = out / JOURNAL_FOLDER
    (journal / 'sequences').mkdir(parents=True)
    for name in ('options.json', 'sequences/a.json'):
        (journal / name).write_bytes(text.encode('latin-1'))
    check_options(
        str(out), 'CKPlus',
        json.loads((out / 'index.json').read_text())['options'])
    prepare(raw, out)
    assert tree_bytes(out) == whole


@pytest.mark.parametrize('edit', [
    dict(landmarks=[1]),
    dict(landmarks=[[1, 1], [1, 1]]),
    dict(outside='much'),
    dict(notes='a'),
    dict(image_size={}),
])
def test_rows_of_the_wrong_shape_are_named(raw, out, edit):
    change(out / 'index.json',
           lambda content: content['sequences'][0]['frames'][0].update(edit))
    with pytest.raises(
            ValueError, match=r'index.json: .*frames\[0\].*prepare the data'):
        prepare(raw, out)


@pytest.mark.parametrize('path', ESCAPES)
@pytest.mark.parametrize('where', ['provenance', 'journal'])
def test_generated_sets_remove_nothing_elsewhere(tmp_path, keep, path, where):
    root = str(tmp_path / 'set')
    row = image(path.format(root=tmp_path))
    generated = GeneratedSet(root, dict(HEADER, fold=1))
    if where == 'journal':
        generated.journal.begin('GeneratedFaces', HEADER)
        generated.write_batch(
            'a', dict(images=[row], tried=1, refused={}, refused_images=0))
        generated.check(overwrite=True)
        assert not osp.exists(osp.join(root, JOURNAL_FOLDER))
    else:
        os.makedirs(root)
        with open(osp.join(root, PROVENANCE_NAME), 'wb') as file:
            file.write(format_provenance(dict(HEADER, images=[row])))
        with pytest.raises(
                ValueError, match="provenance.json: .*without '..'"):
            generated.check(overwrite=True)
    assert keep.read_text() == 'mine'


def test_generated_sets_and_links(tmp_path, keep):
    root = str(tmp_path / 'set')
    os.makedirs(osp.join(root, 'fear'))
    os.symlink(str(tmp_path), osp.join(root, 'anger'))
    os.symlink(str(keep), osp.join(root, 'fear', 'a.png'))
    generated = GeneratedSet(root, dict(HEADER, fold=1))
    with open(osp.join(root, PROVENANCE_NAME), 'wb') as file:
        file.write(
            format_provenance(dict(HEADER, images=[image('anger/keep.png')])))
    picture = np.zeros((1, 8, 8), np.uint8)
    with pytest.raises(ValueError, match='leads through a link'):
        generated.check(overwrite=True)
    with pytest.raises(ValueError, match='leads through a link'):
        generated.write_image('anger/keep.png', picture)
    generated.write_image('fear/a.png', picture)
    assert keep.read_text() == 'mine'
    assert not osp.islink(osp.join(root, 'fear', 'a.png'))


def test_names_are_not_rendered_in_the_report():
    """They may come from a CSV file of the images."""
    name = '<img src=x onerror=alert(1)>'
    formula = '=HYPERLINK("http://x","click")'
    frame = dict(index=0, source=formula, missing=f'{name}\n\n# big')
    row = dict(subject=name, name='1', expression=None, frames=[frame])
    worklist = Worklist(
        problems=[f'[a](http://x) {name}'], left_out=[(formula, '`a` | b')])
    report = format_report('ExpressionFolder',
                           dict(subject_pattern='(?P<subject>x)'), worklist,
                           [row], [])
    assert '<' not in report.replace('(faces', '')
    assert '| =' not in report and "| '=HYPERLINK" in report
    assert r'\[a\](http://x)' in report and '\n# big' not in report
    assert r'\`a\` \| b' in report
