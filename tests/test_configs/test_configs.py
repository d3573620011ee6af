"""Every shipped config parses, builds, trains a few steps and tests."""
import math
import os.path as osp
import re

import pytest
from mmengine.runner import Runner
from narrow import CONFIGS, LEAVES, load_leaf, shrink

from mmfermtl.registry import MODELS


def test_the_leaves_are_seen():
    assert {'fermtl_synthetic.py', 'fermtl_ckplus48.py',
            'fermtl_ckplus.py'} <= set(LEAVES)


@pytest.mark.parametrize('name', LEAVES)
def test_train_and_test(name, work_dir, few_ckplus48):
    cfg = shrink(name, work_dir, few_ckplus48)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert runner.iter == 2 and runner.epoch == 1
    hub = runner.message_hub.log_scalars
    losses = [k for k in hub if k.startswith('train/') and 'loss' in k]
    assert len(losses) >= 2
    assert all(math.isfinite(hub[k].current()) for k in losses)
    assert 0 <= hub['val/accuracy/top1'].current() <= 100
    assert runner.test()['accuracy/top1'] >= 0


@pytest.mark.parametrize('name', LEAVES)
def test_values_that_a_user_changes_stand_on_top(name):
    text = open(osp.join(CONFIGS, name), encoding='utf-8').read()
    top = text.split('\n\n')[0]
    assert re.search(r'^fold = 0$', top, re.M)
    assert re.search(r'^seed = 0$', top, re.M)
    cfg = load_leaf(name)
    assert cfg.default_scope == 'mmpretrain'


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
            # Samplers and layers stand in MMEngine's root registries.
            if inside.split('.')[-1] in ('sampler', 'norm_cfg', 'act_cfg'):
                continue
            assert re.match(r'(mmfermtl|mmpretrain|mmengine)\.',
                            kind), (inside, kind)


@pytest.mark.parametrize('name, millions', [
    ('fermtl_ckplus48.py', 6.1),
    ('fermtl_ckplus.py', 40.6),
    ('fermtl_r21_ckplus.py', 54.0),
])
def test_sizes_of_the_presets(name, millions):
    """The release of 2021 has 54.0 M; the others are as documented."""
    cfg = load_leaf(name)
    network = MODELS.build(cfg.model.network)
    count = sum(p.numel() for p in network.parameters()) / 1e6
    assert count == pytest.approx(millions, rel=0.05)
