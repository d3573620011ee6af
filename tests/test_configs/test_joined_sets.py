"""Configs that train on several sets hold out what they are tested on."""
import pytest
from mmengine.dataset import ConcatDataset
from narrow import LEAVES, PATHS, load_leaf

from mmfermtl.apis import load_config
from mmfermtl.datasets import CKPlus48, TaiwaneseFaces
from mmfermtl.engine.checkpoints.checkpoint_check import (HeldOut,
                                                          check_held_out)
from mmfermtl.engine.checkpoints.training_facts import (FACTS_KEY,
                                                        describe_dataset)
from mmfermtl.engine.config.config_datasets import (build_datasets,
                                                    dataset_configs)
from mmfermtl.utils.wrapped_datasets import leaf_datasets

FOUR = {'FERPlus', 'CKPlusNeutral', 'TaiwaneseFaces', 'SyntheticFaces'}
WITHOUT = [name for name in LEAVES if name.startswith('fer_without_')]


def kind(dataset):
    return dataset['type'].split('.')[-1]


def test_every_set_is_left_out_once():
    assert {kind(load_leaf(n).test_dataloader.dataset)
            for n in WITHOUT} == FOUR and len(WITHOUT) == 4


@pytest.mark.parametrize('name', WITHOUT)
def test_the_set_that_is_left_out_is_tested_on(name):
    cfg = load_config(PATHS[name], fold=3)
    tested, = dataset_configs(cfg, 'test')
    assert dataset_configs(cfg, 'val') == [tested]
    # All of it; the test split is what publications test on.
    fixed = kind(tested) == 'FERPlus'
    assert tested['split'] == ('test' if fixed else 'all')
    trained = dataset_configs(cfg, 'train')
    assert sorted(map(kind, trained)) == sorted(FOUR - {kind(tested)})
    for one in trained:
        assert one['classes'] == tested['classes'] and one['split'] == 'train'
        assert one.get('fold') == (None if kind(one) == 'FERPlus' else 3)
    assert len(tested['classes']) == cfg.model.network.head.num_classes == 7


def test_a_checkpoint_of_the_full_recipe_knows_other_folds(rendered_roots):
    cfg = load_config(PATHS['fermtl_full.py'], fold=1)
    for one in leaf_datasets(cfg.train_dataloader.dataset):
        if 'data_root' in one:
            one.data_root = rendered_roots[kind(one)]
        if 'neutral_root' in one:
            one.neutral_root = rendered_roots['neutral']
    joined = ConcatDataset(build_datasets(cfg, 'train'))
    facts = describe_dataset(joined)
    assert [d['fold'] for d in facts.datasets] == [None, 1, 1, 1]
    checkpoint = dict(meta={FACTS_KEY: facts.to_dict()})
    for dataset in (CKPlus48, TaiwaneseFaces):
        root = rendered_roots[dataset.__name__]
        for fold in (0, 1):
            held_out = HeldOut.of([dataset(root, split='test', fold=fold)])
            if fold == 1:
                check_held_out(checkpoint, 'full.pth', held_out)
                continue
            with pytest.raises(ValueError, match='full.pth was trained on'):
                check_held_out(checkpoint, 'full.pth', held_out)
