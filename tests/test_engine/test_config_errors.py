"""Mistakes in configs are answered with their place and a fix."""
import pytest
from mmengine.runner import Runner
from narrow import shrink

from mmfermtl.apis import UserError
from mmfermtl.engine.config.config_errors import explain_config_errors


def mistaken(work_dir, root, key, value):
    """A config with one value changed or a key added."""
    cfg = shrink('fer_ckplus48.py', work_dir, root, epochs=3)
    *parents, last = key.split('.')
    node = cfg
    for name in parents:
        node = node[int(name)] if name.isdigit() else node[name]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return cfg


@pytest.mark.parametrize('key, value, words', [
    ('model.network.head.type', 'mmfermtl.FERHaed', [
        "model.network.head.type='mmfermtl.FERHaed' is not known as a model",
        "did you mean 'mmfermtl.FERHead'"
    ]),
    ('model.network.head.type', 'FERHead',
     ["is not in the scope 'mmpretrain'", "write type='mmfermtl.FERHead'"]),
    ('model.network.head.type', 'nosuchpackage.Head',
     ['the package nosuchpackage is not installed']),
    ('model.network.head.type', 'MyVeryOwnPart',
     ['not known as a model', 'custom_imports']),
    ('val_evaluator.0.type', 'mmpretrain.Acuracy',
     ['val_evaluator.0.type', "did you mean 'mmpretrain.Accuracy'"]),
    ('train_dataloader.dataset.type', 'CKPlus48',
     ["write type='mmfermtl.CKPlus48'"]),
    ('model.network.head.num_clases', 7, [
        'model.network.head.num_clases: mmfermtl.FERHead has no argument',
        "did you mean 'num_classes'", 'It takes in_channels, num_classes'
    ]),
    ('train_dataloader.dataset.flod', 3,
     ['train_dataloader.dataset.flod', "did you mean 'fold'"]),
    ('model.network.head.in_channels', None,
     ["model.network.head (mmfermtl.FERHead) lacks 'in_channels'"]),
    ('default_hooks.logger.interval', 0, [
        'default_hooks.logger (LoggerHook) does not take its values: '
        'interval must be greater than 0'
    ]),
    ('param_scheduler.1.end', 1, [
        'param_scheduler.1 (CosineAnnealingLR) does not take its values: '
        'end should be larger than begin'
    ]),
])
def test_place_and_fix(work_dir, few_ckplus48, key, value, words):
    cfg = mistaken(work_dir, few_ckplus48, key, value)
    with pytest.raises(UserError) as info, explain_config_errors(cfg):
        Runner.from_cfg(cfg).train()
    for word in words:
        assert word in str(info.value)


@pytest.mark.parametrize('bug', [
    lambda: {}['NoSuchModel is not in the mmengine::model registry'],
    lambda: {}['a'],
    lambda: int(nothing=1),
])
def test_what_the_config_does_not_hold_passes_through(work_dir, few_ckplus48,
                                                      bug):
    cfg = shrink('fer_ckplus48.py', work_dir, few_ckplus48)
    with pytest.raises((KeyError, TypeError)), explain_config_errors(cfg):
        bug()
