"""The configs that go on from BU-4DFE fit what that config trains."""
from types import SimpleNamespace

import pytest
import torch
from mmengine.registry import init_default_scope
from narrow import LEAVES, load_leaf, narrow_model

from mmfermtl.expressions import resolve_classes
from mmfermtl.registry import HOOKS, MODELS

FINETUNED = [name for name in LEAVES if name.endswith('_from_bu4dfe.py')]


def narrow(name):
    """The narrow model of a config, its classes and the config."""
    cfg = load_leaf(name)
    narrow_model(cfg)
    init_default_scope('mmpretrain')
    dataset = dict(cfg.train_dataloader.dataset)
    classes = resolve_classes(
        dataset.get('classes', cfg.model.network.head.num_classes))
    return MODELS.build(cfg.model), classes, cfg


def test_they_are_seen():
    assert len(FINETUNED) == 3


@pytest.mark.parametrize('name', FINETUNED)
def test_the_parts_of_bu4dfe_fit(name, tmp_path):
    old, old_classes, old_cfg = narrow('fermtl_bu4dfe.py')
    new, new_classes, cfg = narrow(name)
    assert cfg.pretrained == (
        f'work_dirs/fermtl_bu4dfe/epoch_{old_cfg.train_cfg.max_epochs}.pth')
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
            train_dataloader=SimpleNamespace(
                dataset=SimpleNamespace(metainfo=dict(classes=new_classes)))))
    fresh = [name for name in new_classes if name not in old_classes]
    assert f'fresh {", ".join(fresh) or "none"}; left behind none' in lines[0]
    state = new.state_dict()
    for key, value in old.state_dict().items():
        if key.startswith('network.backbone.'):
            torch.testing.assert_close(state[key], value)


@pytest.mark.parametrize('name', FINETUNED)
def test_they_differ_from_their_sibling_in_this_alone(name):
    cfg = load_leaf(name).to_dict()
    sibling = load_leaf(name.replace('_from_bu4dfe', '')).to_dict()
    del cfg['pretrained'], cfg['default_hooks']['load_parts']
    assert cfg == sibling
