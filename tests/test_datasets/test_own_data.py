"""Data of users: subjects and counts."""
import os
import os.path as osp
import shutil

import pytest
from own_faces import CLASSES, names, read, read_csv, save_face, save_tree

from mmfermtl.datasets import CKPlus48, SyntheticFaces
from mmfermtl.utils.decoding.face_decoding import decode_face
from mmfermtl.utils.decoding.image_paths import IMAGE_SUFFIXES


@pytest.fixture
def tree(tmp_path):
    return save_tree(str(tmp_path / 'faces'))


# Identity.


@pytest.mark.parametrize('path', [
    './anger/ann_1.png', 'anger//ann_1.png', 'happiness/../anger/ann_1.png',
    '{root}/anger/ann_1.png', r'anger\ann_1.png', ' anger/ann_1.png '
])
def test_one_path_for_each_image(tree, path):
    path = path.replace('{root}', tree)
    lines = [f'{path},anger,a', 'happiness/ann_1.png,joy,a']
    dataset = read_csv(tree, *lines, strict=True)
    assert names(dataset) == ['anger/ann_1.png', 'happiness/ann_1.png']
    dataset = read_csv(tree, 'anger/ann_1.png,anger,a', *lines)
    assert len(dataset) == 2
    assert 'faces.csv:3: ' in dataset.problems[0]
    assert 'listed twice, as in ' in dataset.problems[0]


@pytest.mark.parametrize('line, message', [
    ('./anger/ann_1.png,joy,a', "expression 'happiness' here and 'anger' in"),
    ('./anger/ann_1.png,anger,b', "subject 'b' here and 'a' in"),
    ('anger/link.png,joy,a', "expression 'happiness' here and 'anger' in"),
    ('anger/ann_1.png,unsure,a', "expression '' here and 'anger' in"),
])
def test_one_image_with_two_labels(tree, line, message):
    os.symlink('ann_1.png', osp.join(tree, 'anger', 'link.png'))
    with pytest.raises(
            ValueError,
            match=f'faces.csv:3: .*twice, with the {message}.*faces.csv:2'):
        read_csv(
            tree,
            'anger/ann_1.png,anger,a',
            line,
            expression_map=dict(unsure=None))


@pytest.mark.parametrize('path', ['../out.png', '/etc/hosts', '{out}'])
def test_paths_outside_are_refused(tree, path):
    out = save_face(osp.join(osp.dirname(tree), 'out.png'))
    path = path.replace('{out}', out)
    with pytest.raises(ValueError, match='faces.csv:2: .*outside of data_roo'):
        read_csv(tree, f'{path},anger,a')


def test_links_out_are_refused_unless_wanted(tree, tmp_path):
    save_tree(str(tmp_path / 'disk'), ['ed_1.png', 'ed_2.png'])
    os.symlink(tmp_path / 'disk', osp.join(tree, 'anger', 'more'))
    with pytest.raises(
            ValueError,
            match='anger/more/ed_1.png leads to .*/dis'
            'k/ed_1.png, outside of data_root=.*follow_links=True'):
        read(tree)
    assert 'ed' in read(tree, follow_links=True).get_subjects()
    os.symlink(tree, tmp_path / 'alias')
    os.remove(osp.join(tree, 'anger', 'more'))
    assert len(read(tmp_path / 'alias')) == 16  # the root may be a link


def test_spellings_of_subjects(tree):
    lines = [
        f'{name}/{subject}_1.png,{name},{given}' for name in CLASSES
        for subject, given in zip(('ann', 'bob', 'cy'), ('F001', 'f1', '2'))
    ]
    with pytest.raises(ValueError, match="'F001' and 'f1'"):
        read_csv(tree, *lines)
    merged = read_csv(tree, *lines, spellings='merge')
    assert set(merged.get_subjects()) == {'F001', '2'}
    # One sequence of both, whose frames have different numbers.
    frames = [(r['sequence'], r['frame_index'])
              for r in map(merged.get_record, range(6))
              if r['subject'] == 'F001']
    assert len(set(frames)) == 4
    kept = read_csv(tree, *lines, spellings='keep')
    assert set(kept.get_subjects()) == {'F001', 'f1', '2'}


def test_nan_is_no_subject(tree, capfd):
    lines = [
        f'{name}/{who}_1.png,{name},{given}' for name in CLASSES
        for who, given in zip(('ann', 'bob', 'cy', 'dee'), ('nan', '', 'None',
                                                            'd'))
    ]
    dataset = read_csv(tree, *lines)
    assert len(set(dataset.get_subjects())) == 7
    assert 'the subject of 6 images is not known' in ''.join(
        capfd.readouterr())


def test_numbers_as_pandas_writes_them(tree):
    dataset = read_csv(
        tree,
        'anger/ann_1.png,anger,1.0,7.0',
        'anger/ann_2.png,anger,1.0,2.0',
        'happiness/bob_1.png,joy,2.0,nan',
        head='path,expression,subject,frame',
        strict=True)
    assert names(dataset)[:2] == ['anger/ann_2.png', 'anger/ann_1.png']


# Counting.


def test_every_suffix_that_pillow_reads(tmp_path):
    formats = {'.jp2': 'JPEG2000', '.j2k': 'JPEG2000', '.jfif': 'JPEG'}
    written = []
    for number, suffix in enumerate(IMAGE_SUFFIXES):
        path = str(tmp_path / 'anger' / f'ann_{number}{suffix.upper()}')
        if suffix == '.pbm':
            continue  # it has two levels only
        try:
            kind = formats.get(suffix)
            save_face(path, **(dict(format=kind) if kind else {}))
        except (KeyError, OSError, ValueError) as error:
            assert suffix in ('.avif', '.jp2', '.j2k'), error
            os.path.exists(path) and os.remove(path)
            continue
        assert decode_face(path, 'grayscale').shape == (32, 32)
        written.append(path)
    assert len(written) >= 13
    dataset = read(
        tmp_path, classes=['anger'], num_folds=9, verify=True, strict=True)
    assert len(dataset) == len(written)


def test_what_is_no_image_or_in_no_class_is_counted(tree, capfd):
    for name in ('anger/a.heic', 'anger/b.HEIC', 'notes.txt', 'joy/c'):
        os.makedirs(osp.dirname(osp.join(tree, name)), exist_ok=True)
        with open(osp.join(tree, name), 'w') as file:
            file.write('x')
    save_tree(tree, ['sad/ann_1.png', 'sad/ann_2.png', 'single.png'])
    save_tree(tree, [f'grumpy/{k}.png' for k in range(3)])
    dataset = read(tree)
    assert len(dataset) == 16
    assert dataset.left_out == {
        'files that are no images (.heic)': 2,
        'files that are no images (.txt)': 1,
        'files that are no images (no suffix)': 1,
        'images of sadness, not in `classes`': 2
    }
    assert len(dataset.problems) == 2
    assert "unknown expression 'grumpy'" in dataset.problems[0]
    assert '(3 images in all)' in dataset.problems[0]
    assert 'single.png: is in no class folder' in dataset.problems[1]
    output = ''.join(capfd.readouterr())
    assert output.count('2 images of sadness, not in `classes`') == 1
    assert output.count('is in no class folder') == 1
    assert 'left out: 2 files that are no images (.heic)' in repr(dataset)


def test_other_datasets_count_too(few_ckplus48, tmp_path):
    faces = SyntheticFaces(num_subjects=2, split='all', image_size=32)
    assert faces.left_out == {'images of neutral, not in `classes`': 14}
    root = str(tmp_path / 'CK')
    shutil.copytree(few_ckplus48, root)
    number = len(os.listdir(osp.join(root, 'contempt')))
    dataset = CKPlus48(root, classes=6, split='all')
    assert dataset.left_out == {'images of contempt, not in `classes`': number}


def test_a_class_that_a_fold_cannot_learn(tree, capfd):
    """Only one subject shows anger, and is tested on in fold 0."""
    shutil.rmtree(osp.join(tree, 'anger'))
    save_tree(tree, ['anger/ann_1.png'])
    text = "split='train' of fold 0 has no image of anger"
    dataset = read(tree, split='train', fold=0)
    assert text in dataset.problems[0] and len(dataset.problems) == 1
    assert text in ''.join(capfd.readouterr())
    for options in (dict(fold=1, split='train'), dict(fold=0, split='test')):
        assert not read(tree, **options).problems
    with pytest.raises(ValueError, match=text):
        read(tree, split='train', fold=0, strict=True)
