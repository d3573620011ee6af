"""People's own data: identity, counting, labels and fixed splits."""
import os
import os.path as osp
import shutil

import pytest
from own_faces import save_face, save_tree

from mmfermtl.datasets import CKPlus48, ExpressionFolder, SyntheticFaces
from mmfermtl.datasets.image_paths import IMAGE_SUFFIXES
from mmfermtl.datasets.transforms.load_face import decode_face

CLASSES = ['anger', 'happiness']
PATTERN = r'(?P<subject>[^/_]+)_[^/]*$'


def read(root, **kwargs):
    options = dict(
        split='all', classes=CLASSES, num_folds=2, subject_pattern=PATTERN)
    return ExpressionFolder(str(root), **{**options, **kwargs})


def read_csv(root, *lines, head='path,expression,subject', **kwargs):
    with open(osp.join(root, 'faces.csv'), 'w') as file:
        file.write('\n'.join([head, *lines]))
    return read(
        root, ann_file='faces.csv', **{
            'subject_pattern': None,
            **kwargs
        })


@pytest.fixture
def tree(tmp_path):
    return save_tree(str(tmp_path / 'faces'))


def names(dataset):
    root = osp.abspath(dataset.data_root)
    return [
        osp.relpath(dataset.get_record(i)['img_path'], root)
        for i in range(len(dataset))
    ]


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
    # One sequence of both, whose frames have numbers of their own.
    frames = [(r['sequence'], r['frame_index'])
              for r in map(merged.get_record, range(6))
              if r['subject'] == 'F001']
    assert len(set(frames)) == 4
    kept = read_csv(tree, *lines, spellings='keep')
    assert set(kept.get_subjects()) == {'F001', 'f1', '2'}


def test_nan_is_nobody(tree, capfd):
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
            continue  # two levels alone
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
    save_tree(tree, ['sad/ann_1.png', 'sad/ann_2.png', 'lone.png'])
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
    assert 'lone.png: lies in no class folder' in dataset.problems[1]
    said = ''.join(capfd.readouterr())
    assert said.count('2 images of sadness, not in `classes`') == 1
    assert said.count('lies in no class folder') == 1
    assert 'left out: 2 files that are no images (.heic)' in repr(dataset)


def test_other_datasets_count_too(few_ckplus48, tmp_path):
    faces = SyntheticFaces(num_subjects=2, split='all', image_size=32)
    assert faces.left_out == {'images of neutral, not in `classes`': 14}
    root = str(tmp_path / 'CK')
    shutil.copytree(few_ckplus48, root)
    number = len(os.listdir(osp.join(root, 'contempt')))
    dataset = CKPlus48(root, classes=6, split='all')
    assert dataset.left_out == {'files in contempt/, not in `classes`': number}


def test_a_class_that_a_fold_cannot_learn(tree, capfd):
    """One subject alone is angry, and tested on in fold 0."""
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


# Labels.


def test_numbers_and_names_are_mapped(tmp_path):
    root = save_tree(str(tmp_path), classes=['00', '1', 'LOL', 'unsure'])
    meaning = {0: 'Angry', '1': 'joy', 'lol': 'happiness', 'Unsure': None}
    dataset = read(root, expression_map=meaning, strict=True)
    assert [(dataset.get_gt_labels() == k).sum() for k in (0, 1)] == [8, 16]
    assert dataset.left_out == {'images labelled unsure, mapped to None': 8}


def test_own_classes(tmp_path):
    root = save_tree(str(tmp_path), classes=['Calm', 'stressed'])
    dataset = read(root, classes=['stressed', 'calm'], strict=True)
    assert dataset.CLASSES == ('stressed', 'calm')
    assert (dataset.get_gt_labels() == 1).sum() == 8
    mixed = read(
        save_tree(root, classes=['happy']),
        classes=['calm', 'Happy', 'tense'],
        expression_map=dict(stressed='TENSE'))
    assert mixed.CLASSES == ('calm', 'happiness', 'tense')
    train = read(
        root, classes=['stressed', 'calm'], split='train', fold=0, pairs=True)
    assert {train[i]['target_label'] for i in range(len(train))} == {0, 1}


@pytest.mark.parametrize('options, message', [
    (dict(classes=['anger', 'happynes']), 'no image of happynes'),
    (dict(expression_map={'anger': 'calm'}),
     "maps 'anger' to an unknown expression 'calm'.*classes anger, hap"),
    (dict(expression_map={
        '1': 'anger',
        1.0: 'joy'
    }), 'label 1.0 twice'),
    (dict(splits='column'), "splits='column'; give 'folders' or dict"),
    (dict(splits=dict(column='usage')),
     'usage.*needs a CSV file; give `ann_file`'),
    (dict(splits=dict(folders=True, names=dict(a='dev'))),
     "names maps 'a' to 'dev'"),
    (dict(spellings='all'), "spellings='all'; give one of"),
])
def test_wrong_options(tree, options, message):
    with pytest.raises(ValueError, match=message):
        read(tree, **options)


def test_known_datasets_take_no_own_names(few_ckplus48):
    with pytest.raises(ValueError, match="unknown expression 'calm'"):
        CKPlus48(few_ckplus48, classes=['anger', 'calm'])


def test_a_number_without_a_map(tmp_path):
    root = save_tree(str(tmp_path), classes=['0', '1'])
    with pytest.raises(ValueError, match="map it with expression_map={'0'"):
        read(root)


# Fixed splits.


@pytest.fixture
def splits(tmp_path):
    return save_tree(
        str(tmp_path / 'splits'), [
            f'{split}/{name}/{subject}_{k}.png' for name in CLASSES
            for split, subject in (('Train', 'ann'), ('Train', 'bob'),
                                   ('valid', 'cy'), ('test', 'dee'))
            for k in (1, 2)
        ])


@pytest.mark.parametrize('split, number, subjects', [
    ('train', 8, {'ann', 'bob'}),
    ('inner_train', 8, {'ann', 'bob'}),
    ('val', 4, {'cy'}),
    ('inner_val', 4, {'cy'}),
    ('test', 4, {'dee'}),
    ('all', 16, {'ann', 'bob', 'cy', 'dee'}),
])
def test_folders_of_splits(splits, split, number, subjects):
    dataset = read(splits, splits='folders', split=split, fold=0, pairs=True)
    assert len(dataset) == number and not dataset.problems
    assert set(dataset.get_subjects()) == subjects
    assert dataset.fold_sizes == [2]
    assert dataset.test_mode == ('train' not in split)
    for i in range(number):
        item = dataset[i]
        assert item['target_label'] != item['gt_label']
        assert item['subject'] in osp.basename(item['target_img_path'])


def test_a_column_of_splits(tree, capfd):
    usage = dict(ann='Training', bob='PublicTest', cy='PrivateTest', dee='x')
    lines = [
        f'{name}/{who}_1.png,{name},{usage[who]}' for name in CLASSES
        for who in usage
    ]
    options = dict(
        head='path,expression,Usage', splits=dict(column='usage'), fold=0)
    for split, who in (('train', 'ann'), ('val', 'bob'), ('test', 'cy')):
        dataset = read_csv(tree, *lines, split=split, **options)
        assert names(dataset) == [f'{name}/{who}_1.png' for name in CLASSES]
        assert "'x' is no split; rename it" in dataset.problems[0]
    assert 'nothing proves that the splits' in ''.join(capfd.readouterr())
    options['splits']['names'] = dict(X='train')
    assert len(read_csv(tree, *lines, split='train', **options)) == 4


def test_splits_that_do_not_fit(splits, tree):
    with pytest.raises(ValueError, match="'Train'.*give splits='folders'"):
        read(splits)
    for options, message in ((dict(split='train', fold=2),
                              'fold=2: `splits` gives one fixed split'),
                             (dict(split='vla'), "split='vla' is not known")):
        with pytest.raises(ValueError, match=message):
            read(splits, splits='folders', **options)
    shutil.rmtree(osp.join(splits, 'valid'))
    with pytest.raises(ValueError, match="no image of split='val'; found"):
        read(splits, splits='folders', split='val')
    with pytest.raises(ValueError, match="split='val' is not known"):
        read(tree, split='val', fold=0)


def test_a_subject_in_two_splits_is_refused(splits):
    save_tree(splits, ['test/anger/ANN_9.png'])
    with pytest.raises(ValueError, match="'ANN' and 'ann'"):
        read(splits, splits='folders', split='train')
    with pytest.raises(ValueError, match='1 subject.*ANN in test and train'):
        read(splits, splits='folders', split='train', spellings='merge')


def test_a_split_that_lacks_a_class(splits):
    shutil.rmtree(osp.join(splits, 'Train', 'anger'))
    dataset = read(splits, splits='folders', split='train')
    assert 'has no image of anger' in dataset.problems[0]
