"""Generated images are trained on, and never tested on."""
import json
import os
import os.path as osp

import pytest
from generated_sets import write_generated_set
from mmengine.dataset import ConcatDataset

from mmfermtl.datasets import CKPlus48, GeneratedFaces
from mmfermtl.datasets.generated.provenance import read_provenance
from mmfermtl.datasets.subjects import subject_identity
from mmfermtl.registry import DATASETS

LOAD = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.PackExpressionInputs')
]


@pytest.fixture
def generate(few_ckplus48, tmp_path):
    """Write a generated set with another provenance."""

    def write(**header):
        return write_generated_set(
            str(tmp_path / 'set'), few_ckplus48, **header)

    return write


def test_records(generate, few_ckplus48):
    faces = GeneratedFaces(generate(), fold=0, pipeline=LOAD)
    real = CKPlus48(few_ckplus48, fold=0)
    assert len(faces) == 28 and not faces.test_mode
    assert faces.get_gt_labels().tolist() == sorted(list(range(7)) * 4)
    assert set(faces.get_subjects()) <= set(real.get_subjects())
    record, like = faces.get_record(5), real.get_record(0)
    assert set(record) == {*like, 'generated'}
    assert record['generated'] is True and record['dataset'] == 'CKPlus48'
    assert osp.basename(osp.dirname(record['img_path'])) == 'contempt'
    sample = faces[5]['data_samples']
    assert sample.generated and int(sample.gt_label) == 1
    assert 'GeneratedFaces' in repr(faces) and '28 generated' in repr(faces)


def test_joins_the_real_dataset(generate, few_ckplus48):
    real = CKPlus48(few_ckplus48, fold=0)
    both = ConcatDataset([real, GeneratedFaces(generate(), fold=0)])
    assert len(both) == len(real) + 28


@pytest.mark.parametrize('options', [
    dict(split='test'),
    dict(split='inner_val'),
    dict(split='train', test_mode=True),
    dict(split='all', test_mode=True),
])
def test_never_held_out(generate, options):
    config = dict(type='mmfermtl.GeneratedFaces', data_root=generate(), fold=0)
    with pytest.raises(ValueError, match='for training alone'):
        DATASETS.build(dict(config, **options))


@pytest.mark.parametrize('options, words', [
    (dict(fold=1), 'fold=0 there, 1 here'),
    (dict(), 'fold=0 there, None here'),
    (dict(fold=0, num_folds=5), 'num_folds=10 there, 5 here'),
    (dict(fold=0, fold_rule='contiguous'), "'interval' there, 'contiguous'"),
])
def test_of_another_fold(generate, options, words):
    with pytest.raises(ValueError, match='another fold') as info:
        GeneratedFaces(generate(), **options)
    assert words in str(info.value)
    assert 'held out here' in str(info.value)


@pytest.mark.parametrize('split', ['test', 'inner_val', 'all'])
def test_of_a_split_that_is_not_trained_on(generate, split):
    root = generate()
    path = osp.join(root, 'provenance.json')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    assert text.count('"split": "train"') == 1
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace('"split": "train"', f'"split": "{split}"'))
    with pytest.raises(ValueError, match=f"generated from split='{split}'"):
        GeneratedFaces(root, fold=0)


@pytest.mark.parametrize('there, here, words', [
    ('selected', dict(classes=6), 'classes=.* there, .* here'),
    ('selected', dict(fold_over='labelled'), "fold_over='selected' there"),
    ('labelled', dict(classes=6), "fold_over='labelled' there, 'selected'"),
    ('labelled', dict(fold_over='labelled', classes=6), ''),
    ('selected',
     dict(
         classes=('surprise', 'sad', 'happy', 'fear', 'disgust', 'contempt',
                  'anger')), ''),
])
def test_classes_that_move_subjects_to_other_folds(generate, there, here,
                                                   words):
    root = generate(fold_over=there)
    if words:
        with pytest.raises(ValueError, match=words):
            GeneratedFaces(root, fold=0, **here)
    else:
        assert len(GeneratedFaces(root, fold=0, **here)) > 0


def test_namespace_of_the_sources(generate):
    root = generate()
    path = osp.join(root, 'provenance.json')
    with open(path, encoding='utf-8') as file:
        content = json.load(file)
    for row in content['images']:
        row['source'].update(dataset='SyntheticFaces', space='other')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(content, file)
    faces = GeneratedFaces(root, fold=0)
    assert subject_identity(faces, faces.get_record(0))[0] == 'other'


def test_inner_training_needs_an_inner_generator(generate):
    """A generator of all training subjects has seen those of inner_val."""
    root = generate()
    with pytest.raises(ValueError, match="saw the subjects of 'inner_val'"):
        GeneratedFaces(root, fold=0, split='inner_train')


def test_an_inner_generator_serves_both(generate):
    root = generate(split='inner_train')
    for split in ('train', 'inner_train'):
        assert len(GeneratedFaces(root, fold=0, split=split)) == 28


def test_browsing_needs_no_fold(generate):
    assert len(GeneratedFaces(generate(), split='all')) == 28


def test_folder_by_fold(generate):
    root = generate()
    os.rename(root, root + '_0')
    assert len(GeneratedFaces(root + '_{fold}', fold=0)) == 28


def test_classes_go_by_name(generate):
    faces = GeneratedFaces(generate(), fold=0, classes=6)
    assert len(faces) == 24
    record = faces.get_record(4)
    assert record['gt_label'] == 1 and 'disgust' in record['img_path']
    with pytest.raises(ValueError, match='none of 28 images'):
        GeneratedFaces(generate(), fold=0, classes=('neutral', ))


def test_pairs_are_refused(generate):
    with pytest.raises(ValueError, match='draws no pairs'):
        GeneratedFaces(generate(), fold=0, pairs=True)


def test_missing_parts_are_named(generate, tmp_path):
    root = generate()
    row = read_provenance(root)['images'][3]
    os.remove(osp.join(root, row['path']))
    with pytest.raises(FileNotFoundError, match=osp.basename(row['path'])):
        GeneratedFaces(root, fold=0)
    with pytest.raises(FileNotFoundError, match='has finished'):
        GeneratedFaces(str(tmp_path), fold=0)


def test_swapped_images_are_refused(generate):
    """Both files are intact, but not what the provenance records."""
    root = generate()
    first, second = (
        osp.join(root, row['path'])
        for row in read_provenance(root)['images'][:2])
    os.rename(first, first + '.x')
    os.rename(second, first)
    os.rename(first + '.x', second)
    with pytest.raises(ValueError, match='found SHA-256 .* recorded.*swapped'):
        GeneratedFaces(root, fold=0)


def test_links_out_of_the_set_are_refused(generate, few_ckplus48, tmp_path):
    root = generate()
    path = osp.join(root, read_provenance(root)['images'][0]['path'])
    os.rename(path, str(tmp_path / 'face.png'))
    os.symlink(str(tmp_path / 'face.png'), path)
    with pytest.raises(ValueError, match='leads through a link'):
        GeneratedFaces(root, fold=0)


def double_image(text):
    content = json.loads(text)
    content['images'].append(content['images'][0])
    return json.dumps(content)


def double_key(text):
    return text.replace('"fold"', '"fold": 1, "fold"', 1)


@pytest.mark.parametrize('change, words', [
    (lambda text: text[:-30], 'cannot be read'),
    (double_image, 'the file anger/.* is there 2 times'),
    (double_key, "the key 'fold' is there twice"),
    (lambda text: text.replace('"sha256": "', '"sha256": "0', 1),
     r'images\[0\].sha256 .*, expected a SHA-256'),
    (lambda text: text.replace('"path": "', '"path": "../', 1),
     r"images\[0\].path '../anger.*expected a relative path without"),
    (lambda text: text.replace('"expression": "anger"', '"expression": "rage"',
                               1), "of 'rage', expected one of"),
    (lambda text: text.replace('synthesized-1', 'synthesized-9'), 'format'),
    (lambda text: json.dumps({
        k: v
        for k, v in json.loads(text).items() if k != 'fold'
    }), 'lacks fold'),
    (lambda text: text.replace('"expression"', '"expresion"', 1),
     r'lacks images\[0\].expression'),
])
def test_damaged_provenance(generate, change, words):
    root = generate()
    path = osp.join(root, 'provenance.json')
    with open(path) as file:
        text = file.read()
    with open(path, 'w') as file:
        file.write(change(text))
    with pytest.raises(ValueError, match=words):
        GeneratedFaces(root, fold=0)
