"""The config of own faces trains on every kind of folder."""
import json
import os.path as osp
import re

import pytest
from narrow import PATHS, narrow_model
from own_faces import save_tree

from mmfermtl.apis import load_config, run_training
from mmfermtl.engine.checkpoints.recorded_config import recorded_datasets
from mmfermtl.utils.safe_loading import load_checkpoint_safely

SUBJECTS = ('ann', 'bob', 'cy', 'dee', 'eve')
USAGE = dict(
    zip(SUBJECTS,
        ('Training', 'Training', 'Training', 'PublicTest', 'PrivateTest')))


def folders(root):
    """Numbers in the place of names."""
    return save_tree(
        root, classes=['0', '1'], subjects=SUBJECTS), dict(
            expression_map={
                '0': 'anger',
                '1': 'joy'
            },
            classes=['anger', 'happiness'])


def own_classes(root):
    return save_tree(
        root, classes=['calm', 'stressed'],
        subjects=SUBJECTS), dict(classes=['calm', 'stressed'])


def split_folders(root):
    paths = [
        f'{split}/{name}/{subject}_1.png' for name in ('calm', 'stressed')
        for split, subject in zip(('train', 'train', 'train', 'val',
                                   'test'), SUBJECTS)
    ]
    return save_tree(root, paths), dict(
        splits='folders', classes=['calm', 'stressed'])


def split_column(root):
    save_tree(root, classes=['calm', 'stressed'], subjects=SUBJECTS)
    rows = [
        f'{name}/{who}_1.png,{name},{USAGE[who]}'
        for name in ('calm', 'stressed') for who in SUBJECTS
    ]
    with open(osp.join(root, 'faces.csv'), 'w', encoding='utf-16') as file:
        file.write('\n'.join(['path,expression,Usage', *rows]))
    return root, dict(
        ann_file='faces.csv',
        splits=dict(column='usage'),
        classes=['calm', 'stressed'])


@pytest.mark.parametrize('make, train, test', [
    (folders, 16, 4),
    (own_classes, 16, 4),
    (split_folders, 6, 2),
    (split_column, 6, 2),
])
def test_training(tmp_path, work_dir, make, train, test):
    root, options = make(str(tmp_path / 'faces'))
    options.update(num_classes=2, num_folds=5)
    # As a user edits the values on top.
    leaf = PATHS['fer_own_faces.py']
    with open(leaf) as file:
        text = file.read().replace("'./fer", f"'{osp.dirname(leaf)}/fer")
    for name, value in options.items():
        text, n = re.subn(f'(?m)^{name} = .*$', f'{name} = {value!r}', text)
        assert n == 1, name
    path = tmp_path / 'own.py'
    path.write_text(text)
    cfg = load_config(str(path), data_root=root)
    narrow_model(cfg)
    cfg.work_dir = work_dir
    cfg.train_cfg.max_epochs = 1
    cfg.train_dataloader.batch_size = 4
    runner = run_training(cfg)
    assert runner.epoch == 1
    with open(osp.join(work_dir, 'summary.json')) as file:
        summary = json.load(file)
    assert (summary['num_train'], summary['num_test']) == (train, test)
    saved = load_checkpoint_safely(osp.join(work_dir, 'epoch_1.pth'))
    recorded, = recorded_datasets(saved)  # a map with numbers can be parsed
    assert recorded.get('expression_map',
                        {}) == options.get('expression_map', {})
    meta = runner.train_dataloader.dataset.metainfo
    assert list(meta['classes']) == options['classes']
