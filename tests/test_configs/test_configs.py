"""Every shipped config parses, builds, trains a few steps and tests."""
import json
import math
import os.path as osp
import re
from glob import glob

import cv2
import pytest
from mmengine.runner import Runner
from narrow import CHOSEN, CONFIGS, LEAVES, PATHS, load_leaf, shrink
from tensorboard.backend.event_processing.event_accumulator import \
    EventAccumulator

from mmfermtl.registry import MODEL_WRAPPERS


# Those that need mmagic are trained in test_mixing_mmagic.py.
@pytest.mark.parametrize('name', [n for n in CHOSEN if 'mmagic' not in n])
def test_train_and_test(name, work_dir, rendered_roots):
    cfg = shrink(name, work_dir, rendered_roots)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert runner.iter == 2 and runner.epoch == 1
    hub = runner.message_hub.log_scalars
    losses = [k for k in hub if k.startswith('train/') and 'loss' in k]
    # The one loss of mmpretrain's heads is named as the sum.
    head = cfg.model.get('head') or dict(type='')
    foreign = head['type'].startswith('mmpretrain.')
    assert len(losses) >= (1 if foreign else 2)
    assert all(math.isfinite(hub[k].current()) for k in losses)
    network = cfg.model.get('network', cfg.model)
    key = ('synthesis/L1' if network.get('head') is None else 'accuracy/top1')
    assert 0 <= hub[f'val/{key}'].current() <= 100
    scores = runner.test()
    # Nothing is known of the other expressions of a face of FER+.
    unpaired = 'FERPlus' in cfg.test_dataloader.dataset.type
    if network.get('head') is not None or not unpaired:
        assert scores[key] >= 0
    check_outputs(
        work_dir,
        generates=network.get('generator') is not None,
        classes=cfg.get('num_classes', 7))


def check_outputs(work_dir, generates, classes):
    """Check what a run leaves in its work directory."""
    with open(osp.join(work_dir, 'summary.json')) as file:
        summary = json.load(file)
    assert {
        'accuracy_last', 'accuracy_best_on_test', 'macro_f1_last', 'epochs',
        'seconds', 'peak_memory_mb', 'seed', 'fold', 'num_train', 'num_test',
        'num_parameters'
    } <= set(summary)
    assert summary['num_train'] == summary['num_test'] == 8
    # The last epoch is saved, whatever the interval.
    assert osp.isfile(osp.join(work_dir, summary['checkpoint']))
    assert osp.isfile(osp.join(work_dir, summary['learning_curves']))
    assert (summary['synthesis_grid'] is not None) == generates
    if generates:
        grid = cv2.imread(osp.join(work_dir, summary['synthesis_grid']))
        assert grid.shape[1] == 6 + (classes + 1) * 102
        assert osp.isfile(osp.join(work_dir, 'synthesis', 'test.png'))


def test_tensorboard_by_config(work_dir, few_ckplus48):
    cfg = shrink('fermtl_ckplus48.py', work_dir, few_ckplus48)
    cfg.visualizer.vis_backends[0].type = 'TensorboardVisBackend'
    runner = Runner.from_cfg(cfg)
    runner.train()
    events = glob(osp.join(work_dir, '*', 'vis_data', 'events.*'))
    assert len(events) == 1
    reader = EventAccumulator(events[0]).Reload()
    assert 'accuracy/top1' in reader.Tags()['scalars']
    assert 'synthesis' in reader.Tags()['images']


def test_file_names_are_unique():
    """A config that was moved to a folder is found by its file name."""
    paths = [
        path for path in glob(osp.join(CONFIGS, '**', '*.py'), recursive=True)
        if f'{osp.sep}_base_{osp.sep}' not in path
    ]
    assert sorted(PATHS.values()) == sorted(paths)


@pytest.mark.parametrize('name', LEAVES)
def test_values_that_a_user_changes_are_at_the_top(name):
    """In the leaf, or in the one that it inherits."""
    with open(PATHS[name], encoding='utf-8') as file:
        text = file.read()
    bases = re.search(r'^_base_ = (\[.*?\]|.*?$)', text, re.M | re.S)[1]
    inherited = [
        path for path in re.findall(r"'([./\w-]+\.py)'", bases)
        if '_base_' not in path
    ]
    if inherited:
        leaf, = inherited
        return test_values_that_a_user_changes_are_at_the_top(
            osp.basename(leaf))
    top = text.split('\n\n')[0]
    assert re.search(r'^fold = 0$', top, re.M)
    assert re.search(r'^seed = 0$', top, re.M)
    cfg = load_leaf(name)
    assert cfg.default_scope == 'mmpretrain'


@pytest.mark.parametrize('name', LEAVES)
def test_values_at_the_top_have_an_effect(name):
    """MMEngine reads a name in the file that assigns it, not in its bases."""
    with open(PATHS[name], encoding='utf-8') as file:
        text = file.read()
    top = re.findall(
        r'^(\w+_root|fold|seed|num_classes|pretrained|recogniser) = ', text,
        re.M)
    # As a value, not as the name of an argument.
    unused = [
        key for key in top if not re.search(rf'[=(\[ ,]{key}\b(?!\s*=)', text)
    ]
    assert not unused


@pytest.mark.parametrize('name', LEAVES)
def test_one_key_sets_the_number_of_epochs(name):
    """Schedulers that end, or anneal, end with the training."""
    plans = load_leaf(name).param_scheduler
    plans = plans.values() if isinstance(plans, dict) else [plans]
    for plan in plans:
        *_, last = plan
        assert last.type in ('CosineAnnealingLR', 'MultiStepLR')
        assert 'end' not in last and 'T_max' not in last


def test_the_cosine_ends_with_the_training(work_dir):
    cfg = shrink('fer_synthetic.py', work_dir, '', epochs=4)
    cfg.train_cfg.val_interval = 10
    runner = Runner.from_cfg(cfg)
    call_hook, rates = runner.call_hook, []

    def record(name, **kwargs):
        if name == 'before_train_iter':
            rates.extend(runner.optim_wrapper.get_lr()['lr'][:1])
        call_hook(name, **kwargs)

    runner.call_hook = record
    runner.train()
    warm_up = [2e-4, 8e-4, 14e-4, 2e-3]  # two epochs of two steps
    falling = [
        1e-5 + (2e-3 - 1e-5) * (1 + math.cos(math.pi * step / 4)) / 2
        for step in range(4)
    ]
    assert rates == pytest.approx(warm_up + falling)


def types_in(node, inside=''):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == 'type' and isinstance(value, str):
                yield inside, value
            yield from types_in(value, f'{inside}.{key}')
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from types_in(value, inside)


@pytest.mark.parametrize('name',
                         [n for n in LEAVES if not n.startswith('mmpretrain')])
def test_every_block_can_be_pasted_elsewhere(name):
    """Parts of the model, the data and the metrics name their scope."""
    cfg = load_leaf(name).to_dict()
    for part in ('model', 'train_dataloader', 'val_dataloader',
                 'val_evaluator'):
        for inside, kind in types_in(cfg[part], part):
            # Samplers and layers are in MMEngine's root registries, and it
            # compares the name 'Pretrained'.
            if inside.split('.')[-1] in ('sampler', 'norm_cfg', 'act_cfg',
                                         'init_cfg'):
                continue
            assert re.match(r'(mmfermtl|mmpretrain|mmagic|mmengine)\.',
                            kind), (inside, kind)


def test_no_registry_is_missed(work_dir, few_ckplus48, capfd):
    """No type is looked up in a registry that its scope lacks."""
    cfg = shrink('fermtl_ckplus48.py', work_dir, few_ckplus48)
    Runner.from_cfg(cfg).train()
    out, err = capfd.readouterr()
    assert 'Saving checkpoint at 1 epochs' in out + err
    assert 'Failed to search registry' not in out + err


def test_model_wrappers_are_scoped():
    """MMEngine looks wrappers up without a default scope."""
    for name in LEAVES:
        cfg = load_leaf(name)
        adversarial = cfg.model.type == 'mmfermtl.AdversarialFERMTL'
        assert ('model_wrapper_cfg' in cfg) == adversarial, name
        if adversarial:
            kind = cfg.model_wrapper_cfg.type
            assert kind == 'mmfermtl.AdversarialDistributedDataParallel'
            assert MODEL_WRAPPERS.get(kind) is not None


def test_logged_losses_add_up(work_dir, few_ckplus48):
    """The total is that of the network's own terms, each counted once."""
    cfg = shrink('fermtl_ckplus48.py', work_dir, few_ckplus48)
    runner = Runner.from_cfg(cfg)
    runner.train()
    logs = {
        k[len('train/'):]: v.current()
        for k, v in runner.message_hub.log_scalars.items()
        if k.startswith('train/')
    }
    parts = [
        v for k, v in logs.items() if k.startswith('loss_') and k != 'loss_dis'
    ]
    assert len(parts) == 5
    assert logs['loss'] == pytest.approx(sum(parts), rel=1e-4)
    assert [k for k in logs if 'loss' in k and not k.startswith('loss')] == []
