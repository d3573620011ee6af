import argparse

import pytest

from mmfermtl.apis import CfgOptionsAction, UserError, load_config


def parse(*items):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=CfgOptionsAction)
    return parser.parse_args(['--cfg-options', *items]).cfg_options


def test_values_are_parsed_as_in_mmengine():
    assert parse('a.b=1', 'c=[1,x,(2.5,True)]', 'd=None', 'e=x=y') == {
        'a.b': 1,
        'c': [1, 'x', (2.5, True)],
        'd': None,
        'e': 'x=y'
    }


def test_placeholders_of_a_study_are_no_dicts():
    found = parse('a=work_dirs/fer/seed_{seed}/fold_{fold}/epoch_16.pth')
    assert found == {'a': 'work_dirs/fer/seed_{seed}/fold_{fold}/epoch_16.pth'}


@pytest.mark.parametrize('item, words', [
    ("custom_hooks=[dict(type='X')]", 'not a dict'),
    ("custom_hooks=[dict(type='X', a=1)]", 'not a dict'),
    ('a=f(1,2)', 'not a dict'),
    ("a={'b':1}", 'not a dict'),
    ('a={seeds}', 'not a dict'),
    ('a=[1,2', 'Imbalanced'),
    ('lonely', 'KEY=VALUE'),
    ('=1', 'KEY=VALUE'),
])
def test_values_that_mmengine_chokes_on_are_refused(item, words):
    with pytest.raises(UserError, match=words):
        parse(item)


def test_known_keys_are_merged(toy_config):
    options = {
        'train_cfg.max_epochs': 7,
        'val_evaluator.0.type': 'Other',
        'model._delete_': True,
        'work_dir': 'somewhere',
        'test_cfg': None
    }
    with pytest.raises(UserError, match="'work_dir'"):
        load_config(toy_config, options)
    cfg = load_config(toy_config, options, allow_new_keys=True)
    assert cfg.train_cfg.max_epochs == 7
    assert cfg.val_evaluator[0].type == 'Other'
    assert cfg.work_dir == 'somewhere'
    assert cfg.test_cfg is None


@pytest.mark.parametrize('key', [
    'train_cfg.max_epoch', 'trian_cfg.max_epochs', 'val_evaluator.1.type',
    'train_cfg.max_epochs.more', 'optim_wrapper.mian.lr'
])
def test_unknown_key_is_refused_unless_allowed(toy_config, key):
    with pytest.raises(UserError) as info:
        load_config(toy_config, {key: 1})
    assert key in str(info.value)
    assert '--allow-new-keys' in str(info.value)


def test_closest_known_keys_are_named(toy_config):
    with pytest.raises(UserError, match='closest known: train_cfg.max_epochs'):
        load_config(toy_config, {'train_cfg.max_epoch': 1})


def test_new_key_is_added_with_the_flag(toy_config):
    cfg = load_config(toy_config, {'model.depth': 3}, allow_new_keys=True)
    assert cfg.model.depth == 3


def test_index_out_of_range_is_refused_even_with_the_flag(toy_config):
    with pytest.raises(UserError, match='cannot be merged'):
        load_config(toy_config, {'val_evaluator.5.type': 'X'}, True)


def test_variables_whose_change_has_no_effect_are_refused(toy_config):
    with pytest.raises(UserError, match=r'train_cfg\.max_epochs'):
        load_config(toy_config, {'max_epochs': 1})
    with pytest.raises(UserError, match='use --fold'):
        load_config(toy_config, {'fold': 1})
