import os

import pytest
from mmengine.config import Config

from mmfermtl.apis import (UserError, load_config, set_everywhere, set_seed,
                           set_work_dir)


def datasets(cfg):
    """All innermost dataset dicts of the toy config."""
    return [cfg.train_dataloader.dataset.dataset] + [
        d for loader in (cfg.val_dataloader, cfg.test_dataloader)
        for d in loader.dataset.datasets
    ]


def test_options_reach_every_place(toy_config):
    cfg = load_config(toy_config, data_root='/elsewhere', fold=4, seed=11)
    assert cfg.data_root == '/elsewhere' and cfg.fold == 4
    assert len(datasets(cfg)) == 3
    for dataset in datasets(cfg):
        assert dataset.data_root == '/elsewhere'
        assert dataset.fold == 4
    assert cfg.custom_hooks[0].data_root == '/elsewhere'
    assert cfg.seed == cfg.randomness.seed == 11


def test_options_not_given_change_nothing(toy_config):
    cfg = load_config(toy_config)
    assert cfg.to_dict() == Config.fromfile(toy_config).to_dict()


def test_a_place_without_the_variable_is_enough():
    cfg = Config(dict(train_dataloader=dict(dataset=dict(fold=None))))
    set_everywhere(cfg, 'fold', 2)
    assert cfg.train_dataloader.dataset.fold == 2
    assert 'fold' not in cfg


def test_the_variable_alone_is_no_place():
    cfg = Config(dict(fold=0, base=dict(fold=0), model=dict(type='X')))
    with pytest.raises(UserError, match="--fold.*no effect"):
        set_everywhere(cfg, 'fold', 2)


def test_different_values_are_not_replaced_by_one():
    cfg = Config(
        dict(
            train_dataloader=dict(dataset=dict(data_root='a')),
            val_dataloader=dict(dataset=dict(data_root='b'))))
    with pytest.raises(UserError, match=r'train_dataloader\S*=a.*\S*=b'):
        set_everywhere(cfg, 'data_root', 'c')
    cfg.val_dataloader.dataset.data_root = 'a/'
    set_everywhere(cfg, 'data_root', 'c')
    assert cfg.val_dataloader.dataset.data_root == 'c'


@pytest.mark.parametrize('fold', [-1, 5])
def test_fold_out_of_range_is_refused(toy_config, fold):
    with pytest.raises(UserError, match='num_folds=5; expected 0 to 4'):
        load_config(toy_config, fold=fold)


def test_rules_that_set_the_number_of_folds(toy_config):
    cfg = load_config(toy_config)
    for dataset in datasets(cfg):
        dataset.fold_rule = 'loso'
    set_everywhere(cfg, 'fold', 20)
    assert [dataset.fold for dataset in datasets(cfg)] == [20] * 3
    datasets(cfg)[0].fold_rule = 'contiguous'
    with pytest.raises(UserError, match='num_folds=5; expected 0 to 4'):
        set_everywhere(cfg, 'fold', 20)


def test_seed_leaves_the_seeds_of_datasets_alone():
    cfg = Config(dict(train_dataloader=dict(dataset=dict(seed=1))))
    set_seed(cfg, 5)
    assert cfg.randomness.seed == 5
    assert 'seed' not in cfg
    assert cfg.train_dataloader.dataset.seed == 1
    for seed in (-1, 2**32):
        with pytest.raises(UserError, match='--seed'):
            set_seed(cfg, seed)


def test_work_dir_is_option_then_config_then_name(toy_config):
    cfg = load_config(toy_config)
    set_work_dir(cfg, None)
    assert cfg.work_dir == 'work_dirs/toy'
    set_work_dir(cfg, None)
    assert cfg.work_dir == 'work_dirs/toy'
    set_work_dir(cfg, 'mine')
    assert cfg.work_dir == 'mine'


def test_missing_and_broken_config_files(tmp_path):
    with pytest.raises(UserError, match='nowhere.py is not a file'):
        load_config(str(tmp_path / 'nowhere.py'))
    broken = tmp_path / 'broken.py'
    broken.write_text('a = (1\n')
    with pytest.raises(UserError, match='broken.py cannot be read'):
        load_config(str(broken))
    orphan = tmp_path / 'orphan.py'
    orphan.write_text("_base_ = ['gone.py']\n")
    with pytest.raises(UserError, match='gone.py'):
        load_config(str(orphan))


def test_a_config_that_has_moved_is_found(toy_config, tmp_path):
    folder = tmp_path / 'family'
    folder.mkdir()
    os.rename(toy_config, folder / 'toy.py')
    with pytest.warns(FutureWarning, match='toy.py is.*use .*family/toy.py'):
        cfg = load_config(toy_config, seed=5)
    assert cfg.randomness.seed == 5
    assert cfg.filename == str(folder / 'toy.py')
    # Of two, the user has to choose.
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other' / 'toy.py').touch()
    with pytest.raises(UserError, match='toy.py is not a file'):
        load_config(toy_config)


@pytest.mark.parametrize('files, words', [
    (dict(top="_base_ = ['b.py']", b="_base_ = ['top.py']"),
     'lead back to themselves .*top.py -> .*b.py -> .*top.py'),
    (dict(top='a = 1\nb = 1 / 0'), 'top.py, line 2: ZeroDivisionError'),
    (dict(top="_base_ = ['b.py']",
          b='import sys\nsys.exit(3)'), 'b.py, line 2: SystemExit: 3'),
    (dict(top="name = '\xe9'"), 'top.py is not encoded in UTF-8'),
    (dict(top="_base_ = ['b.py']",
          b="name = '\xe9'"), 'b.py is not encoded in UTF-8'),
    (dict(top="custom_imports = dict(imports=['no_such_module'])"),
     'no_such_module.*PYTHONPATH'),
    (dict(top="_base_ = ['b.py', 'c.py']", b='a = 1',
          c='a = 2'), 'Duplicate key'),
    (dict(top='import numpy\na = numpy.float64(1)'),
     'line 2: .*cannot call what it imports'),
])
def test_configs_that_cannot_be_read(tmp_path, files, words):
    for name, text in files.items():
        (tmp_path / f'{name}.py').write_bytes(text.encode('latin-1'))
    with pytest.raises(UserError, match=words) as info:
        load_config(str(tmp_path / 'top.py'))
    assert f'config {tmp_path}/top.py cannot be read' in str(info.value)
    assert '\n' not in str(info.value)


@pytest.mark.parametrize('name, text', [('a.json', '{"a": ['),
                                        ('b.json', '[1]'), ('c.yaml', 'a: ['),
                                        ('d.txt', 'a = 1')])
def test_data_files_that_are_no_configs(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=f'{name} cannot be read'):
        load_config(str(tmp_path / name))
