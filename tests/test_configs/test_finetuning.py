"""Configs with a pretrained network fit the config that trains it."""
import re
from types import SimpleNamespace

import pytest
import torch
from mmengine.registry import init_default_scope
from narrow import LEAVES, PATHS, load_leaf, narrow_model

from mmfermtl.engine.checkpoints.published_weights import read_weights
from mmfermtl.expressions import resolve_classes
from mmfermtl.registry import HOOKS, MODELS
from mmfermtl.utils.safe_loading import list_published

FINETUNED = [
    name for name in LEAVES
    if '_from_' in name or 'ferplus-pre' in name or 'editing' in name
]


def narrow(name):
    """Build a narrow model; return its classes and the config, too."""
    cfg = load_leaf(name)
    narrow_model(cfg)
    init_default_scope('mmpretrain')
    dataset = dict(cfg.train_dataloader.dataset)
    network = cfg.model.network
    classes = resolve_classes(
        dataset.get('classes', (network.head
                                or network.generator).num_classes))
    return MODELS.build(cfg.model), classes, cfg


@pytest.mark.parametrize('name', LEAVES)
def test_checkpoints_are_the_last_ones_of_their_configs(name):
    """Of every config that a config begins with, whatever it takes of it."""
    with open(PATHS[name], encoding='utf-8') as file:
        named = re.findall(r'work_dirs/(\w+)/epoch_(\d+)\.pth', file.read())
    for source, epoch in named:
        cfg = load_leaf(f'{source}.py')
        assert int(epoch) == cfg.train_cfg.max_epochs, source


def trained_by(pretrained):
    """Name the config whose checkpoint, or published weights, these are."""
    if pretrained in list_published():
        return read_weights(pretrained).description['config']
    return re.fullmatch(r'work_dirs/(\w+)/epoch_\d+\.pth', pretrained)[1]


@pytest.mark.parametrize('name', FINETUNED)
def test_the_parts_fit(name, tmp_path):
    new, new_classes, cfg = narrow(name)
    source = trained_by(cfg.pretrained)
    if 'editing' in name:
        assert source == 'fermtl_ferplus'
    elif 'ferplus-pre' in name:
        size = re.search('small_|face_api_|$', name)[0]
        assert source == f'fer_{size}ferplus'
    else:
        assert source.split('_')[-1] == name[:-len('.py')].split('_from_')[1]
    old, old_classes, _ = narrow(f'{source}.py')
    options = dict(cfg.default_hooks.load_parts)
    assert options['checkpoint'] == cfg.pretrained
    options['checkpoint'] = str(tmp_path / 'a.pth')
    torch.save(
        dict(
            state_dict=old.state_dict(),
            meta=dict(dataset_meta=dict(classes=old_classes))),
        options['checkpoint'])
    lines = []
    HOOKS.build(options).before_train(
        SimpleNamespace(
            iter=0,
            cfg=cfg,
            model=new,
            logger=SimpleNamespace(info=lines.append),
            hooks=[],
            train_dataloader=SimpleNamespace(
                dataset=SimpleNamespace(metainfo=dict(classes=new_classes))),
            **{
                f'_{name}_{part}': None
                for name in ('val', 'test')
                for part in ('loop', 'dataloader')
            }))
    fresh = [name for name in new_classes if name not in old_classes]
    dropped = [name for name in old_classes if name not in new_classes]
    if cfg.model.network.head is not None:
        assert (f'initialised from scratch: {", ".join(fresh) or "none"}; '
                f'dropped: {", ".join(dropped) or "none"}') in lines[0]
    else:
        assert 'Classifier' not in lines[0]
    state = new.state_dict()
    for key, value in old.state_dict().items():
        module, part = key.split('.')[:2]
        if module == 'network' and part in options.get('parts',
                                                       ('backbone', )):
            for to, of in options.get('copies', {}).items():
                if key not in state:  # moved
                    key = key.replace(of, to)
            torch.testing.assert_close(state[key], value)


def shorten(cfg, divisor):
    """Divide the epochs of a config, and change nothing else."""
    cfg['train_cfg']['max_epochs'] //= divisor
    for node in (cfg, cfg['train_dataloader']['sampler']):
        if 'ratio' in node:
            steps = node['ratio']['steps']
            node['ratio']['steps'] = [(epoch // divisor, share)
                                      for epoch, share in steps]


def from_scratch(name):
    """Name the config that trains the same from random weights."""
    return re.sub(r'_from_\w+|_ferplus-pre', '', name)


@pytest.mark.parametrize('name', [
    n for n in FINETUNED if from_scratch(n) != n and from_scratch(n) in LEAVES
])
def test_they_differ_from_training_from_scratch_in_this_alone(name):
    cfg = load_leaf(name).to_dict()
    scratch = load_leaf(from_scratch(name)).to_dict()
    del cfg['pretrained'], cfg['default_hooks']['load_parts']
    if name.endswith('_from_synthetic.py'):
        shorten(scratch, 2)
    if 'ferplus-pre' in name:
        shorten(scratch, 4)
        wrapper = scratch['optim_wrapper']
        wrapper.get('network', wrapper)['optimizer']['lr'] /= 5
        # The exchange begins nearly closed.
        if name in ('fermtl_ferplus-pre_ckplus48.py',
                    'fermtl_figure_ferplus-pre_ckplus48.py'):
            backbone = cfg['model']['network']['backbone']
            assert backbone.pop('sharing')['update_bias'] == -3
    assert cfg == scratch
