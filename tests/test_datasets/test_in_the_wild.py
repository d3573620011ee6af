"""Sets from the web, on rendered trees in their layouts."""
import os
import os.path as osp
import shutil
from collections import Counter

import numpy as np
import pytest
from dataset_configs import make_config
from wild_trees import (FOLDERS, RAFDB_COUNTS, face, render_ferplus,
                        render_rafdb, votes_of, write_face, write_fer2013,
                        write_votes)

from mmfermtl.analysis.cross_validation.fold_config import number_of_folds
from mmfermtl.analysis.image_table import ImageTable
from mmfermtl.datasets import FER2013, RAFDB, AffectNet, FERPlus
from mmfermtl.engine.checkpoints.checkpoint_check import (HeldOut,
                                                          check_held_out)
from mmfermtl.engine.checkpoints.training_facts import (FACTS_KEY,
                                                        describe_dataset)
from mmfermtl.engine.config.config_datasets import iterate_folds
from mmfermtl.engine.held_out_overlap import ComparedSet, find_overlap
from mmfermtl.preparation.browsing.sample_tiles import original_image
from mmfermtl.registry import DATASETS

PACK = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.PackExpressionInputs')
]


@pytest.fixture(scope='module')
def ferplus(tmp_path_factory):
    return render_ferplus(str(tmp_path_factory.mktemp('ferplus')))


def counts(dataset):
    numbers = Counter(dataset.get_gt_labels().tolist())
    return {dataset.CLASSES[k]: n for k, n in sorted(numbers.items())}


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
@pytest.mark.parametrize('csv_file', ['', 'fer2013.csv', 'icml_face_data.csv'])
def test_ferplus_from_files_and_from_pixels(split, csv_file, tmp_path):
    root = render_ferplus(str(tmp_path / 'data'), csv_file=csv_file)
    dataset = FERPlus(root, split=split, pipeline=PACK)
    assert len(dataset) == 16
    assert set(counts(dataset).values()) == {2}
    assert list(counts(dataset)) == [
        'neutral', 'anger', 'contempt', 'disgust', 'fear', 'happiness',
        'sadness', 'surprise'
    ]
    first = 16 * ('train', 'val', 'test').index(split)
    item = dataset[0]
    np.testing.assert_array_equal(item['inputs'][0].numpy(), face(first))
    assert item['data_samples'].gt_label.item() == 0
    assert 'gt_score' not in item['data_samples']
    assert dataset.test_mode == (split != 'train')


def write_set(root, rows, images):
    """Write a list of votes, and images."""
    write_votes(str(root), rows)
    for k in range(images):
        write_face(str(root / 'images' / f'fer{k:07d}.png'), k)


def test_votes_give_labels_and_distributions(tmp_path):
    rows = [
        # Wins; unclear; no face; a tie that the first column wins.
        f'Training,fer0000000.png,{votes_of("fear", 5, "surprise")}',
        f'Training,fer0000001.png,{votes_of("anger", 4, "unknown")}',
        f'Training,fer0000002.png,{votes_of("anger", 1, "NF")}',
        f'Training,fer0000003.png,{votes_of("sadness", 9, "happiness")}',
        # Removed from the list, as its image shows nothing.
        f'Training,,{votes_of("anger")}',
        f'PrivateTest,fer0000005.png,{votes_of("anger")}',
    ]
    write_set(tmp_path, rows, images=6)
    classes = ['anger', 'fear', 'happiness', 'sadness', 'surprise']
    options = dict(data_root=str(tmp_path), soft_labels=True)
    most = FERPlus(classes=classes[:1] + classes[3:], split='test', **options)
    assert len(most) == 1 and 'gt_score' not in most[0]
    write_votes(
        str(tmp_path), rows + [
            f'Training,fer0000004.png,{votes_of("anger", 9, "fear")}',
            f'Training,fer0000006.png,{votes_of("surprise")}',
            f'Training,fer0000007.png,{votes_of("happiness")}',
            f'Training,fer0000008.png,{votes_of("fear")}'
        ])
    for k in (6, 7, 8):
        write_face(str(tmp_path / 'images' / f'fer{k:07d}.png'), k)
    most = FERPlus(classes=classes, **options)
    found = {osp.basename(most[k]['img_path']): most[k] for k in range(6)}
    # As in Microsoft's code, the first of equal columns wins.
    assert classes[found['fer0000000.png']['gt_label']] == 'surprise'
    assert found['fer0000000.png']['gt_score'] == [0, .5, 0, 0, .5]
    # A single vote is left out.
    assert found['fer0000003.png']['gt_score'] == [0, 0, 0, 1, 0]
    assert most.left_out['images without a label by most votes'] == 2
    majority = FERPlus(
        classes=[c for c in classes if c != 'fear'],
        labels='majority',
        **options)
    assert len(majority) == 4
    assert majority.left_out['images without a label by majority votes'] == 3


@pytest.mark.parametrize(
    'votes, expected',
    [
        # Half of all votes, but the others are single ones.
        ('1,1,0,1,5,1,1,0,0,0', 'anger'),
        ('0,0,0,0,5,5,0,0,0,0', None),
        ('0,0,0,0,5,2,2,0,1,0', 'anger'),
        ('0,0,0,0,4,2,0,0,2,2', None),
        ('2,0,0,0,0,0,0,0,8,0', None),
        ('1,1,1,1,1,1,1,1,1,1', None),
    ])
def test_majority_is_that_of_the_votes_that_agree(tmp_path, votes, expected):
    classes = ['anger', 'fear']
    rows = [votes, *(votes_of(name) for name in classes)]
    write_votes(
        str(tmp_path),
        [f'PrivateTest,fer{k:07d}.png,{row}' for k, row in enumerate(rows)])
    for k in range(len(rows)):
        write_face(str(tmp_path / 'images' / f'fer{k:07d}.png'), k)
    dataset = FERPlus(
        str(tmp_path), labels='majority', split='test', classes=classes)
    found = [classes[one['gt_label']] for one in dataset]
    assert found == [expected] * (expected is not None) + classes


def test_soft_labels_reach_the_batch(ferplus):
    dataset = FERPlus(ferplus, soft_labels=True, pipeline=PACK)
    sample = dataset[0]['data_samples']
    assert sample.gt_score.tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert sample.gt_score.dtype.is_floating_point


def test_targets_are_unpaired(ferplus):
    dataset = FERPlus(ferplus, pairs=True, pipeline=PACK)
    dataset.set_draw_state(0, 0)
    samples = [dataset[k]['data_samples'] for k in range(len(dataset))]
    assert all('gt_img' not in sample for sample in samples)
    assert len({int(s.target_label) for s in samples}) > 4


def test_copies_are_left_out_of_what_is_trained_on(ferplus, tmp_path):
    root = shutil.copytree(ferplus, str(tmp_path / 'data'))
    test = osp.join(root, FOLDERS[2], 'fer0000032.png')
    twice = osp.join(root, FOLDERS[0], 'fer0000003.png')
    for path in ('fer0000000.png', 'fer0000003.png'):
        shutil.copy(test, osp.join(root, FOLDERS[0], path))
    shutil.copy(
        osp.join(root, FOLDERS[0], 'fer0000005.png'),
        osp.join(root, FOLDERS[0], 'fer0000006.png'))
    shutil.copy(test, osp.join(root, FOLDERS[2], 'fer0000033.png'))
    sizes = {}
    for split in ('train', 'val', 'test'):
        dataset = FERPlus(root, split=split)
        sizes[split] = len(dataset)
        paths = [dataset[k]['img_path'] for k in range(len(dataset))]
        assert twice not in paths
    # Publications count copies within the test set.
    assert sizes == dict(train=13, val=16, test=16)
    assert dataset.left_out['copies of other images in train'] == 3
    kept = FERPlus(root, copies='keep')
    assert len(kept) == 16 and not kept.left_out


def test_fixed_splits_have_no_folds(ferplus):
    with pytest.raises(ValueError, match='fold=1'):
        FERPlus(ferplus, fold=1)
    assert len(FERPlus(ferplus, split='all')) == 48
    assert len(FERPlus(ferplus, split='inner_val')) == 16
    assert FERPlus(ferplus).fold_sizes == [16]


def test_every_fold_of_fixed_splits_is_one(ferplus, tmp_path):
    config = make_config(
        tmp_path / 'a.py',
        *({
            'type': 'mmfermtl.FERPlus',
            'data_root': ferplus,
            'split': split,
            'fold': 0
        } for split in ('train', 'test')))
    assert [fold.fold for fold in iterate_folds(config, True)] == [0]
    assert number_of_folds(config) == 1


@pytest.mark.parametrize('change,message', [
    (lambda root: os.remove(osp.join(root, 'fer2013new.csv')), 'new.csv'),
    (lambda root: [shutil.rmtree(osp.join(root, name))
                   for name in FOLDERS], 'found no image of FER2013'),
    (lambda root: write_votes(root,
                              ['Test,fer0000000.png,' + votes_of('fear')]),
     "Usage 'Test', expected one of Training"),
    (lambda root: write_votes(root, ['Training,a.png' + ',x' * 10]),
     'expected whole numbers'),
    (lambda root: write_fer2013(
        osp.join(root, 'fer2013.csv'), [(0, 'Training', '0 ' * 2304)]),
     'do not fit: 48 and 1 rows'),
])
def test_faults_of_ferplus(change, message, ferplus, tmp_path):
    root = shutil.copytree(ferplus, str(tmp_path / 'data'))
    change(root)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        FERPlus(root)


@pytest.mark.parametrize('row,message', [
    ((7, 'Training', '0 ' * 2304), "emotion '7', expected 0 to 6"),
    ((0, 'Test', '0 ' * 2304), "Usage 'Test'"),
    ((0, 'Training', '0 ' * 2303), '2303 pixels, expected 2304'),
    ((0, 'Training', '256 ' * 2304), 'from 0 to 255'),
    ((0, 'Training', 'x ' + '0 ' * 2303), 'a pixel is no whole number'),
])
def test_faults_of_fer2013(row, message, tmp_path):
    write_fer2013(str(tmp_path / 'fer2013.csv'), [row])
    with pytest.raises(ValueError, match=f'fer2013.csv:2: .*{message}'):
        FER2013(str(tmp_path))


def test_fer2013_from_the_csv_file(tmp_path):
    rows = [(k % 7, usage, ' '.join(map(str,
                                        face(7 * n + k).ravel())))
            for n, usage in enumerate(('Training', 'PublicTest',
                                       'PrivateTest')) for k in range(7)]
    write_fer2013(str(tmp_path / 'fer2013.csv'), rows)
    dataset = FER2013(str(tmp_path), split='val', pipeline=PACK)
    assert [dataset.CLASSES[k] for k in dataset.get_gt_labels()] == [
        'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise',
        'neutral'
    ]
    np.testing.assert_array_equal(dataset[2]['inputs'][0].numpy(), face(9))
    assert dataset.content_key(0) != dataset.content_key(1)


def test_fer2013_from_folders(tmp_path):
    names = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
    for split in ('train', 'test'):
        for k, name in enumerate(names):
            write_face(
                str(tmp_path / split / name / 'im.jpg'), k + 9 * (split < 't'))
    for split, expected in (('train', 0), ('test', 7)):
        if split == 'train':
            write_face(str(tmp_path / 'train' / 'angry' / 'b.jpg'), 99)
            expected = 1
        dataset = FER2013(str(tmp_path), split=split)
        assert len(dataset) == expected or split == 'test'
    with pytest.raises(ValueError, match="no image of split='val'"):
        FER2013(str(tmp_path), split='val')
    os.rename(tmp_path / 'train' / 'angry', tmp_path / 'train' / 'wrath')
    with pytest.raises(ValueError, match="unknown expression 'wrath'"):
        FER2013(str(tmp_path))
    with pytest.raises(FileNotFoundError, match='found neither fer2013.csv'):
        FER2013(str(tmp_path / 'train'))


def test_rafdb_has_the_official_counts(tmp_path):
    root = render_rafdb(str(tmp_path), RAFDB_COUNTS)
    names = ('surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger',
             'neutral')
    for split, size in (('train', 12271), ('test', 3068), ('val', 3068)):
        dataset = RAFDB(root, split=split, copies='keep')
        assert len(dataset) == size
        numbers = RAFDB_COUNTS['test' if split == 'val' else split]
        assert counts(dataset) == dict(
            sorted(
                zip(names, numbers),
                key=lambda pair: dataset.CLASSES.index(pair[0])))


def test_faults_of_rafdb(tmp_path):
    with pytest.raises(FileNotFoundError, match='list_patition_label.txt'):
        RAFDB(str(tmp_path))
    root = render_rafdb(
        str(tmp_path / 'a'), dict(train=(1, ) * 7, test=(1, ) * 7))
    image = osp.join(root, 'basic', 'Image', 'aligned',
                     'train_00001_aligned.jpg')
    path = osp.join(root, 'basic', 'EmoLabel', 'list_patition_label.txt')
    with open(path, 'a', encoding='utf-8') as file:
        file.write('train_00008.jpg 1\n')
    dataset = RAFDB(root, copies='keep')
    assert len(dataset) == 7 and 'does not exist' in dataset.problems[0]
    with open(path, 'a', encoding='utf-8') as file:
        file.write('train_00009.jpg 8\n')
    with pytest.raises(ValueError, match=':16: found .*a code from 1 to 7'):
        RAFDB(root)
    write_face(str(tmp_path / 'a' / 'outside_aligned.jpg'), 1)
    os.mkdir(osp.join(osp.dirname(image), 'train_x'))
    with open(path, 'w', encoding='utf-8') as file:
        file.write('train_x/../../../../outside.jpg 1\n')
    with pytest.raises(ValueError, match='label.txt:1: .*outside of'):
        RAFDB(root)
    assert osp.isfile(image)


AFFECT = ('neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust',
          'anger', 'contempt')


def affectnet(root, form):
    """AffectNet with one image of each code, and one that has none."""
    for split, listed, folder, classes in (('train', 'training.csv',
                                            'train_set', 'train'),
                                           ('test', 'validation.csv',
                                            'val_set', 'val')):
        base = 0 if split == 'train' else 50
        lines = ['subDirectory_filePath,face_x,expression\n']
        for code in range(9):
            if form == 'list':
                name = f'1/{split}_{code}.jpg'
                lines.append(f'{name},0,{code}\n')
                write_face(
                    osp.join(root, 'Manually_Annotated_Images', name),
                    base + code, 10, 3)
            elif form == 'set':
                write_face(
                    osp.join(root, folder, 'images', f'{code}.jpg'),
                    base + code, 10, 3)
                os.makedirs(
                    osp.join(root, folder, 'annotations'), exist_ok=True)
                np.save(
                    osp.join(root, folder, 'annotations', f'{code}_exp.npy'),
                    np.array(str(code)))
            elif code < 8:
                name = AFFECT[code] if form == 'names' else str(code)
                write_face(
                    osp.join(root, classes, name, 'a.jpg'), base + code, 10, 3)
        if form == 'list':
            with open(osp.join(root, listed), 'w', encoding='utf-8') as file:
                file.writelines(lines)
    return root


@pytest.mark.parametrize('form', ['list', 'set', 'codes', 'names'])
@pytest.mark.parametrize('split', ['train', 'test'])
def test_affectnet_in_each_form(form, split, tmp_path):
    root = affectnet(str(tmp_path), form)
    dataset = DATASETS.build(
        dict(
            type='mmfermtl.AffectNet', data_root=root, split=split, classes=8))
    assert counts(dataset) == dict.fromkeys(dataset.CLASSES, 1)
    for k in range(8):
        expression = dataset.CLASSES[dataset[k]['gt_label']]
        assert AFFECT.index(expression) == k or form == 'names'
    seven = AffectNet(root, split='val')
    assert len(seven) == 7 and 'contempt' not in seven.CLASSES
    if form in ('list', 'set'):
        left = dataset.left_out['images of none, uncertain or no face']
        assert left == 2


def test_faults_of_affectnet(tmp_path):
    with pytest.raises(FileNotFoundError, match='expected training.csv'):
        AffectNet(str(tmp_path))
    root = affectnet(str(tmp_path / 'a'), 'set')
    path = osp.join(root, 'train_set', 'annotations', '3_exp.npy')
    np.save(path, np.array([print], dtype=object), allow_pickle=True)
    dataset = AffectNet(root)
    assert len(dataset) == 6
    assert '3_exp.npy (Object arrays' in dataset.problems[0]
    root = affectnet(str(tmp_path / 'b'), 'codes')
    os.rename(osp.join(root, 'train', '3'), osp.join(root, 'train', '33'))
    with pytest.raises(ValueError, match="called '33', expected a code"):
        AffectNet(root)
    root = affectnet(str(tmp_path / 'c'), 'list')
    with open(osp.join(root, 'training.csv'), 'a', encoding='utf-8') as file:
        file.write('1/none.jpg,0,1\n1/x.jpg,0,11\n')
    with pytest.raises(ValueError, match="training.csv:12: expression '11'"):
        AffectNet(root)


def test_affectnet_names_what_is_elsewhere(tmp_path):
    root = affectnet(str(tmp_path / 'a'), 'list')
    write_face(str(tmp_path / 'other' / 'a.jpg'), 1)
    with open(osp.join(root, 'training.csv'), encoding='utf-8') as file:
        rows = file.read()
    for name in ('../../other/a.jpg', str(tmp_path / 'other' / 'a.jpg')):
        with open(
                osp.join(root, 'training.csv'), 'w', encoding='utf-8') as file:
            file.write(f'{rows}{name},0,1\n')
        with pytest.raises(ValueError, match='csv:11: .* outside of data_'):
            AffectNet(root)


def test_affectnet_annotations_that_hold_no_number(tmp_path):
    root = affectnet(str(tmp_path), 'set')
    folder = osp.join(root, 'train_set', 'annotations')
    np.save(osp.join(folder, '1_exp.npy'), np.array([1, 2]))
    with open(osp.join(folder, '2_exp.npy'), 'wb') as file:
        np.savez(file, a=np.array(1))
    open(osp.join(folder, '3_exp.npy'), 'wb').close()
    np.save(osp.join(folder, '4_exp.npy'), np.array(np.inf))
    dataset = AffectNet(root)
    assert len(dataset) == 3
    assert [
        k for k in (1, 2, 3, 4) if f'{k}_exp.npy' in dataset.problems[k - 1]
    ] == [1, 2, 3, 4]


def test_affectnet_folders_in_other_case(tmp_path):
    root = affectnet(str(tmp_path), 'names')
    os.rename(osp.join(root, 'train'), osp.join(root, 'Train'))
    os.rename(osp.join(root, 'val'), osp.join(root, 'Test'))
    assert len(AffectNet(root)) == len(AffectNet(root, split='test')) == 7


def test_options():
    with pytest.raises(ValueError, match="copies='drop'"):
        FER2013('', copies='drop')
    with pytest.raises(ValueError, match="labels='mean'"):
        FERPlus('', labels='mean')


def test_a_network_of_the_same_fixed_split_may_go_on(ferplus):
    """Its training split holds none of what is validated or tested on."""
    facts = describe_dataset(FERPlus(ferplus, soft_labels=True, pipeline=PACK))
    checkpoint = dict(meta={FACTS_KEY: facts.to_dict()})
    for split in ('val', 'test'):
        held_out = HeldOut.of([FERPlus(ferplus, split=split, pipeline=PACK)])
        check_held_out(checkpoint, 'a.pth', held_out)
    # Classes move no fixed split.
    seven = FERPlus(ferplus, classes=7, split='test', pipeline=PACK)
    check_held_out(checkpoint, 'a.pth', HeldOut.of([seven]))
    facts = describe_dataset(FERPlus(ferplus, split='all', pipeline=PACK))
    checkpoint = dict(meta={FACTS_KEY: facts.to_dict()})
    with pytest.raises(ValueError, match="split: 'all' there, 'val' here"):
        held_out = HeldOut.of([FERPlus(ferplus, split='val', pipeline=PACK)])
        check_held_out(checkpoint, 'a.pth', held_out)


@pytest.mark.parametrize('space', ['FERPlus', 'FER2013'])
def test_fer2013_has_the_images_of_ferplus(space, tmp_path):
    """Earlier checkpoints, as the shipped ones, record another space."""
    root = render_ferplus(str(tmp_path), csv_file='fer2013.csv')
    facts = describe_dataset(FERPlus(root, pipeline=PACK)).to_dict()
    assert facts['datasets'][0]['space'] == 'FER2013'
    facts['datasets'][0]['space'] = space
    checkpoint = dict(meta={FACTS_KEY: facts})
    for kind in (FER2013, FERPlus):
        test, every = (
            HeldOut.of([kind(root, split=split, pipeline=PACK)])
            for split in ('test', 'all'))
        check_held_out(checkpoint, 'a.pth', test)
        with pytest.raises(ValueError, match="split: 'train' there, 'all'"):
            check_held_out(checkpoint, 'a.pth', every)


def test_copies_in_the_csv_file_are_found(tmp_path):
    """A row is no file: it is read from the dataset."""
    rows = [(k % 7, usage, ' '.join(map(str,
                                        face(k).ravel())))
            for usage in ('Training', 'PublicTest', 'PrivateTest')
            for k in range(7)]
    write_fer2013(str(tmp_path / 'fer2013.csv'), rows)
    train, test = (
        FER2013(str(tmp_path), split=split, copies='keep')
        for split in ('train', 'test'))
    overlap = find_overlap(ComparedSet('a', [train]), ComparedSet('b', [test]))
    assert len(overlap.copies) == 7 and not overlap.files
    assert 'fer2013.csv:0 = ' in overlap.copies[0]
    np.testing.assert_array_equal(original_image(train, 3), face(3))
    table = ImageTable()
    for dataset in (train, test):
        for k in range(2):
            table.add(dataset, k, dataset.get_record(k))
    digests = [row.digest for row in table.rows]
    assert digests[:2] == digests[2:] and len(set(digests)) == 2


def test_soft_labels_without_an_expression(tmp_path):
    """What is not shown is not told by the votes of others either."""
    rows = [
        f'Training,fer0000000.png,{votes_of("fear", 6, "surprise")}',
        f'Training,fer0000001.png,{votes_of("surprise")}',
        f'Training,fer0000002.png,{votes_of("anger")}',
    ]
    write_set(tmp_path, rows, images=3)
    options = dict(
        data_root=str(tmp_path),
        classes=['anger', 'fear', 'surprise'],
        soft_labels=True)
    assert FERPlus(**options)[0]['gt_score'] == [0, 0.6, 0.4]
    dataset = FERPlus(train_without='surprise', **options)
    assert [item['gt_score'] for item in dataset] == [[0, 1, 0], [1, 0, 0]]


def test_affectnet_with_two_sets_to_test_on(tmp_path):
    for k, split in enumerate(('train', 'val', 'test')):
        for code in range(7):
            write_face(
                str(tmp_path / split / f'{code}' / 'a.png'), 7 * k + code)
    with pytest.raises(ValueError, match='found test and val, expected one'):
        AffectNet(str(tmp_path))
    shutil.rmtree(tmp_path / 'val')
    assert len(AffectNet(str(tmp_path), split='test')) == 7
