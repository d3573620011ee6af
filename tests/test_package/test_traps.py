"""Where each known pitfall of MMEngine plugins is tested or ruled out.

The numbers are those of the team's list of pitfalls. A value is the name of
a test file and of the tests in it, or the reason why the pitfall cannot
occur.
"""
import os.path as osp
import re

import pytest

TESTS = osp.dirname(osp.dirname(osp.abspath(__file__)))

TRAPS = {
    1: ('test_configs/test_configs.py', ['test_no_registry_is_missed']),
    2: ('test_configs/test_mixing.py',
        ['test_registries_have_no_empty_locations']),
    3: ('test_configs/test_configs.py', ['test_model_wrappers_are_scoped']),
    4: ('test_configs/test_mixing.py',
        ['test_parts_build_under_any_scope', 'test_inferencer_of_mmpretrain']),
    5: ('test_apis/test_cfg_options.py',
        ['test_unknown_key_is_refused_unless_allowed']),
    11: ('test_configs/test_configs.py', ['test_logged_losses_add_up']),
    12: ('test_engine/test_optimizers.py',
         ['test_accumulation_loses_no_gradient']),
    16: ('test_models/test_multitask.py',
         ['test_adversarial_step_trains_each_part_by_its_own_loss']),
    17: ('test_configs/test_configs.py', ['test_train_and_test']),
    18: ('test_engine/test_optimizers.py', ['test_autocast_on_a_cpu']),
    19: ('test_apis/test_launch.py',
         ['test_amp_switches_each_sub_wrapper_on_cpu']),
    20:
    'No shipped config sets `compile`; see test_nothing_is_compiled.',
    21: ('test_datasets/test_expression_dataset.py',
         ['test_workers_see_the_epoch']),
    24: ('test_engine/test_reproducibility.py',
         ['test_two_runs_and_a_resumed_one_are_bit_identical']),
    25:
    ('test_apis/test_resume.py', ['test_moved_work_dir_resumes_from_itself']),
    26: ('test_apis/test_resume.py', ['test_bare_resume_needs_a_checkpoint']),
    27:
    ('test_apis/test_training.py', ['test_schedule_of_another_length_warns']),
    32: ('test_engine/test_checkpoint_files.py',
         ['test_misfit_is_refused_with_all_reasons']),
    45: ('test_configs/test_mixing.py', ['test_inferencer_of_mmpretrain']),
    46: ('test_datasets/test_transforms.py', ['test_pair_shares_every_draw']),
    65: ('test_package/test_packaging.py', ['test_mim_links_are_relative']),
    66: ('test_package/test_packaging.py',
         ['test_wheel_holds_every_module_and_mim']),
    67: ('test_package/test_version.py', ['test_config_prefix']),
}


@pytest.mark.parametrize('number', TRAPS)
def test_the_named_tests_exist(number):
    where = TRAPS[number]
    if isinstance(where, str):
        return
    path, names = where
    text = open(osp.join(TESTS, path), encoding='utf-8').read()
    for name in names:
        assert re.search(rf'^def {name}\b', text, re.M), (path, name)


def test_nothing_is_compiled():
    from narrow import LEAVES, load_leaf
    assert not [n for n in LEAVES if 'compile' in load_leaf(n)]
