"""Training on test subjects is refused, or recorded."""
import os
import os.path as osp
import shutil
import subprocess
import sys

import numpy as np
import pytest
from generated_sets import write_generated_set
from mmengine.dataset import ConcatDataset
from mmengine.runner import Runner
from narrow import LEAVES, load_leaf
from toy_folds import FOLDS_CONFIG
from toy_runs import forget_runs, free_port, read_json

from mmfermtl.apis import load_config, run_training
from mmfermtl.datasets import CKPlus48, GeneratedFaces, SyntheticFaces
from mmfermtl.engine import LeakCheckHook
from mmfermtl.engine.config.held_out_guard import require_leak_check
from mmfermtl.engine.held_out_overlap import ComparedSet, find_overlap
from mmfermtl.engine.hooks.leak_check_hook import check_generated_subjects
from mmfermtl.registry import DATASETS

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
PIPELINE = [
    dict(type='mmfermtl.LoadFace', color_type='grayscale'),
    dict(type='mmfermtl.PackExpressionInputs')
]


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Train a tiny network on a dataset, and validate on another."""
    path = tmp_path / 'config.py'
    path.write_text(FOLDS_CONFIG)
    # It asks compilers for their versions, which takes longest.
    monkeypatch.setattr('mmengine.runner.runner.collect_env', dict)

    def run(train_set, val_set, test_set=None, run=run_training, **options):
        forget_runs()
        cfg = load_config(str(path))
        cfg.default_hooks.summary = dict(type='mmfermtl.RunSummaryHook')
        cfg.train_cfg.max_epochs = 1
        cfg.train_dataloader.dataset = train_set
        cfg.val_dataloader.dataset = val_set
        if test_set is not None:
            cfg.test_dataloader.dataset = test_set
        else:
            cfg.test_dataloader.dataset = val_set
        cfg.work_dir = str(tmp_path / 'run')
        runner = run(cfg, **options)
        return runner, read_json(cfg.work_dir, 'summary.json')

    return run


def faces(root, split, kind='CKPlus48', **options):
    """Config of a dataset."""
    return dict(
        type=f'mmfermtl.{kind}',
        data_root=root,
        split=split,
        pipeline=PIPELINE,
        **dict(dict(fold=0), **options))


def joined(*datasets):
    return dict(type='mmengine.ConcatDataset', datasets=list(datasets))


def by_image(dataset, test_mode):
    """mmpretrain's folds, which are of images."""
    return dict(
        type='mmpretrain.KFoldDataset',
        dataset=dataset,
        num_splits=5,
        seed=0,
        test_mode=test_mode)


def fold_file(path, subjects):
    """A fold list of two halves."""
    halves = [subjects[::2], subjects[1::2]]
    path.write_text(''.join(f'{k}-fold {len(half)}\n' +
                            ''.join(f'{name}/001 1\n' for name in half)
                            for k, half in enumerate(halves, 1)))
    return dict(num_folds=2, fold_rule=dict(file=str(path)))


def two_fold_files(root, folder):
    names = sorted(set(CKPlus48(root, split='all').get_subjects()))
    first = fold_file(folder / 'a.txt', names)
    second = fold_file(folder / 'b.txt', names[1:] + names[:1])
    return faces(root, 'train', **first), faces(root, 'test', **second)


#: Training and validation set by root of CK+48, of CK+ and a folder.
LEAKS = dict(
    trained_on_test=lambda a, b, t: (faces(a, 'test'), faces(a, 'test')),
    trained_on_all=lambda a, b, t:
    (faces(a, 'all', fold=None), faces(a, 'test')),
    validated_on_train=lambda a, b, t: (faces(a, 'train'), faces(a, 'train')),
    another_fold=lambda a, b, t: (faces(a, 'train', fold=1), faces(a, 'test')),
    another_number=lambda a, b, t:
    (faces(a, 'train', num_folds=3), faces(a, 'test')),
    another_rule=lambda a, b, t:
    (faces(a, 'train', fold_rule='contiguous'), faces(a, 'test')),
    two_fold_files=lambda a, b, t: two_fold_files(a, t),
    inner_train=lambda a, b, t:
    (faces(a, 'train'), joined(faces(a, 'inner_val'), faces(a, 'test'))),
    ckplus_and_ckplus48=lambda a, b, t:
    (joined(faces(a, 'train'), faces(b, 'all', 'CKPlus', fold=None)),
     faces(a, 'test')),
    joined_train_and_test=lambda a, b, t: (joined(
        faces(a, 'train'),
        dict(type='mmengine.RepeatDataset', times=2, dataset=faces(a, 'test'))
    ), faces(a, 'test')),
    kfold_of_mmpretrain=lambda a, b, t:
    (by_image(faces(a, 'all'), False), by_image(faces(a, 'all'), True)),
)


@pytest.mark.parametrize('leak', LEAKS)
def test_roads_to_test_subjects_are_refused(rendered_roots, tmp_path, train,
                                            leak):
    sets = LEAKS[leak](rendered_roots['CKPlus48'], rendered_roots['CKPlus'],
                       tmp_path)
    with pytest.raises(ValueError) as caught:
        train(*sets)
    text = str(caught.value)
    assert 'train_dataloader of CKPlus48(split=' in text
    assert 'val_dataloader of CKPlus48(split=' in text
    assert 'subjects (CK+/S' in text and '--allow-leak' in text
    assert not osp.exists(tmp_path / 'run' / 'epoch_1.pth')


def test_a_test_set_that_is_not_validated_on(few_ckplus48, train):
    inner = (faces(few_ckplus48,
                   'inner_train'), faces(few_ckplus48, 'inner_val'))
    with pytest.raises(ValueError, match='test_dataloader of CKPlus48.*share'):
        train(*inner, faces(few_ckplus48, 'test', fold=3))
    with pytest.raises(ValueError, match='test_dataloader of CKPlus48.*share'):
        train(*inner, faces(few_ckplus48, 'test', fold=3), validate=False)


def test_clean_folds_train(few_ckplus48, train):
    for splits in (('train', 'test'), ('inner_train', 'inner_val')):
        sets = [faces(few_ckplus48, split) for split in splits]
        _, summary = train(*sets, faces(few_ckplus48, 'test'))
        assert summary['leak'] is None


def test_an_absent_test_set_is_reported(few_ckplus48, train, caplog):
    runner, summary = train(
        faces(few_ckplus48, 'train'), faces(few_ckplus48, 'test'),
        faces('absent', 'test'))
    assert summary['leak'] is None
    with open(runner.logger.handlers[1].baseFilename) as file:
        assert 'that of test_dataloader was not checked' in file.read()


@pytest.mark.parametrize('plant', [shutil.copy, os.symlink])
def test_the_same_image_under_two_subjects(few_ckplus48, tmp_path, train,
                                           plant):
    root = shutil.copytree(few_ckplus48, str(tmp_path / 'tree'))
    subjects = CKPlus48(root, split='test', fold=0).get_subjects()
    tested = next(
        n for n in sorted(os.listdir(osp.join(root, 'happy')))
        if n[:4] in subjects)
    trained = 'S998_001_00000001.png'
    plant(osp.join(root, 'happy', tested), osp.join(root, 'happy', trained))
    with pytest.raises(ValueError, match='share 1 (files|images)') as caught:
        train(faces(root, 'train'), faces(root, 'test'))
    assert tested in str(caught.value)


def test_generated_faces_of_test_subjects(few_ckplus48, tmp_path, train):
    real = faces(few_ckplus48, 'train'), faces(few_ckplus48, 'test')
    roots = {
        fold:
        write_generated_set(
            str(tmp_path / f'fold_{fold}'), few_ckplus48, fold=fold)
        for fold in (0, 1)
    }
    # The sources are as the provenance says, whatever fold it claims.
    forged = write_generated_set(
        str(tmp_path / 'forged'), few_ckplus48, fold=1, **{'num_folds': 10})
    path = osp.join(forged, 'provenance.json')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text.replace('"fold": 1', '"fold": 0'))
    cases = {
        'may have seen': faces(roots[1], 'train', 'GeneratedFaces', fold=1),
        'share .* subjects': faces(forged, 'train', 'GeneratedFaces'),
        'fold=1 there, 0 here': faces(roots[1], 'all', 'GeneratedFaces'),
    }
    for words, generated in cases.items():
        with pytest.raises(ValueError, match=words):
            train(joined(real[0], generated), real[1])
    good = faces(roots[0], 'train', 'GeneratedFaces')
    # These test faces are copies of real ones, which are not tested on.
    assert train(joined(real[0], good), real[1])[1]['leak'] is None


def test_an_allowed_leak_is_recorded(few_ckplus48, train):
    runner, summary = train(
        faces(few_ckplus48, 'all'),
        faces(few_ckplus48, 'test'),
        allow_leak=True)
    assert 'share ' in summary['leak'] and 'subjects' in summary['leak']
    assert 'leak' in runner.message_hub.runtime_info


def test_subjects_as_classes_are_on_both_sides(few_ckplus48, train):
    """They are recognised by other images, which is not a leak."""
    sides = [
        ComparedSet(part, [
            DATASETS.build(
                dict(
                    type='mmfermtl.SubjectLabels',
                    part=part,
                    dataset=dict(faces(few_ckplus48, 'train'), pairs=False)))
        ]) for part in ('fit', 'check')
    ]
    assert sides[0].subjects & sides[1].subjects
    assert not any(find_overlap(*sides))
    assert find_overlap(sides[0], sides[0]).files


def own_faces(tmp_path, name, **options):
    """Two images of each expression in folders."""
    rng = np.random.default_rng(len(name))
    import cv2
    for folder in CKPlus48.FOLDERS.values():
        os.makedirs(tmp_path / name / folder)
        for k in range(2):
            path = tmp_path / name / folder / f'{k}_{k}.png'
            cv2.imwrite(str(path), rng.integers(0, 255, (48, 48), np.uint8))
    return faces(
        str(tmp_path / name),
        'all',
        'ExpressionFolder',
        fold=None,
        num_folds=2,
        **options)


def test_own_faces_without_subjects(tmp_path, train):
    """Paths are no subjects, but files and contents are compared."""
    first, second = (own_faces(tmp_path, name) for name in ('a', 'bb'))
    assert train(first, second)[1]['leak'] is None
    shutil.copy(tmp_path / 'bb/fear/0_0.png', tmp_path / 'a/happy/7_7.png')
    with pytest.raises(ValueError, match='share 1 images of equal content'):
        train(first, second)


def test_own_subjects_have_a_namespace(tmp_path, train):
    pattern = r'(?P<subject>\d)_'
    first, second = (
        own_faces(tmp_path, name, subject_pattern=pattern)
        for name in ('a', 'bb'))
    with pytest.raises(ValueError, match='2 subjects .ExpressionFolder/0'):
        train(first, second)
    assert train(first, dict(second,
                             subject_namespace='clinic'))[1]['leak'] is None


def test_worlds_of_rendered_faces(monkeypatch):
    """Faces of another seed are others; nothing is rendered to know it."""
    monkeypatch.setattr(SyntheticFaces, '_render', None)
    options = dict(num_subjects=4, split='all', num_folds=2)
    here, same, other = (
        ComparedSet('a', [SyntheticFaces(render_seed=seed, **options)])
        for seed in (0, 0, 1))
    assert len(find_overlap(here, same).copies) == 84
    assert not any(find_overlap(here, other))


class Arrays:
    """Faces in memory, of unknown subjects."""

    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def get_data_info(self, index):
        return dict(img=self.images[index])


def test_arrays_are_compared_by_content():
    images = np.random.default_rng(0).integers(0, 255, (4, 8, 8), np.uint8)
    first, second = Arrays(images), Arrays(images[::-1][:1].copy())
    overlap = find_overlap(
        ComparedSet('a', [first]), ComparedSet('b', [second]))
    assert len(overlap.copies) == 1 and not overlap.subjects
    third = Arrays(255 - images)
    assert not any(
        find_overlap(ComparedSet('a', [first]), ComparedSet('b', [third])))


def test_every_shipped_config_has_the_check():
    """So that mmpretrain's tools run it too."""
    for name in LEAVES:
        hooks = load_leaf(name).default_hooks
        assert hooks.leak_check.type == 'mmfermtl.LeakCheckHook', name


def test_a_runner_of_mmengine_alone(few_ckplus48, train):
    """As mmpretrain's tools/train.py builds it from our configs."""

    def run(cfg):
        require_leak_check(cfg)
        runner = Runner.from_cfg(cfg)
        runner.train()

    with pytest.raises(ValueError, match='share .* subjects'):
        train(faces(few_ckplus48, 'all'), faces(few_ckplus48, 'test'), run=run)


def test_two_processes_end_alike(tmp_path):
    """Rank 0 reports to both, and neither waits for the other."""
    path = tmp_path / 'config.py'
    path.write_text(FOLDS_CONFIG)
    env = dict(
        os.environ,
        PORT=free_port(),
        OMP_NUM_THREADS='1',
        CUDA_VISIBLE_DEVICES='',
        PATH=osp.dirname(sys.executable) + os.pathsep + os.environ['PATH'],
        PYTHONPATH=osp.join(ROOT, 'tests'))
    done = subprocess.run([
        'bash',
        osp.join(ROOT, 'tools', 'dist_train.sh'),
        str(path), '2', '--work-dir',
        str(tmp_path / 'run'), '--cfg-options',
        'train_dataloader.dataset.split=all'
    ],
                          env=env,
                          cwd=tmp_path,
                          capture_output=True,
                          text=True,
                          timeout=300)
    assert done.returncode != 0
    assert 'share 2 subjects (SyntheticFaces/F000' in done.stderr
    assert 'error: ' in done.stderr


def test_a_failing_check_is_reported_to_all_ranks(monkeypatch):
    """The other ranks would wait for ever for one that raises alone."""
    sent = []
    module = 'mmfermtl.engine.hooks.leak_check_hook.'
    monkeypatch.setattr(f'{module}get_world_size', lambda: 2)
    monkeypatch.setattr(f'{module}broadcast_object_list', sent.append)
    with pytest.raises(ValueError, match='not be compared .*AttributeError'):
        LeakCheckHook().before_train(None)
    assert sent[0][1].startswith('AttributeError')


def test_generated_images_of_other_subjects_than_the_few(
        few_ckplus48, tmp_path):
    """Five subjects do not become more by faces of others."""
    root = write_generated_set(str(tmp_path / 'set'), few_ckplus48)
    generated = GeneratedFaces(root, fold=0, pipeline=[])
    real = CKPlus48(few_ckplus48, split='train', fold=0, train_subjects=3)
    with pytest.raises(ValueError, match='not among the 3 that `train_subj'):
        check_generated_subjects(ConcatDataset([real, generated]))
    every = CKPlus48(few_ckplus48, split='train', fold=0)
    check_generated_subjects(ConcatDataset([every, generated]))
    number = len(set(every.get_subjects()))
    every = CKPlus48(few_ckplus48, fold=0, train_subjects=number)
    check_generated_subjects(ConcatDataset([every, generated]))
    # Others may be trained on as real images.
    check_generated_subjects(ConcatDataset([real, every, generated]))


def test_few_subjects_of_whom_no_image_is_left(few_ckplus48, tmp_path):
    """They are kept, although `train_without` leaves their images out."""
    few = CKPlus48(few_ckplus48, fold=0, train_subjects=4)
    without = [k for k in few.CLASSES if k != 'happiness']
    names = set(few.get_subjects())
    few = CKPlus48(
        few_ckplus48, fold=0, train_subjects=4, train_without=without)
    assert few.kept_subjects == names
