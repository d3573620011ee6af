"""Our parts in mmpretrain's models and tools, and theirs in ours."""
import glob
import os.path as osp
import re

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from narrow import load_leaf, narrow_model, shrink

from mmfermtl import registry
from mmfermtl.registry import MODELS

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))
PARTS = dict(
    backbone=dict(
        type='mmfermtl.ConvFLUBackbone',
        stem_channels=(4, ),
        channels=(4, 4, 4),
        branches='fer'),
    head=dict(type='mmfermtl.FERHead', in_channels=4, num_classes=3))


@pytest.mark.parametrize('scope', ['mmpretrain', 'mmengine', 'mmfermtl'])
def test_parts_build_under_any_scope(scope):
    """The scope table: full names work whatever the default scope is."""
    init_default_scope(scope)
    from mmengine.registry import MODELS
    for node in (MODELS, registry.MODELS):
        model = node.build(
            dict(
                type='mmpretrain.ImageClassifier',
                data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor'),
                **PARTS))
        assert type(model.head).__module__.startswith('mmfermtl')


def test_full_names_need_no_custom_imports():
    """A root registry finds our parts by their location."""
    from mmengine.registry import (DATASETS, HOOKS, METRICS, MODEL_WRAPPERS,
                                   OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS,
                                   TRANSFORMS)
    for node, name in ((DATASETS, 'CKPlus48'), (HOOKS, 'DrawSeedHook'),
                       (METRICS, 'SynthesisMetric'), (TRANSFORMS, 'ToGray'),
                       (OPTIM_WRAPPERS, 'AutocastOptimWrapper'),
                       (OPTIM_WRAPPER_CONSTRUCTORS,
                        'MultiOptimWrapperConstructor'),
                       (MODEL_WRAPPERS, 'AdversarialDistributedDataParallel')):
        found = node.get(f'mmfermtl.{name}')
        assert found is not None and found.__name__ == name


def test_siblings_are_not_searched():
    """Why every type is written with its scope."""
    init_default_scope('mmpretrain')
    from mmengine.registry import MODELS
    with pytest.raises(KeyError, match='FERHead is not in'):
        MODELS.build(dict(type='FERHead', in_channels=4, num_classes=3))


def test_a_clash_of_names_with_another_plugin():
    """Scopes keep them apart; without one the error names both."""
    from mmengine.config import Config
    from mmengine.registry import MODELS as ROOT
    from mmengine.registry import Registry

    from mmfermtl.apis import UserError
    from mmfermtl.engine.config.config_errors import explain_config_errors
    other = Registry('model', parent=ROOT, scope='otherplugin')

    class FERHead(torch.nn.Module):
        """Another one."""

    other.register_module(module=FERHead)
    try:
        init_default_scope('mmpretrain')
        assert ROOT.get('otherplugin.FERHead') is FERHead
        assert ROOT.get('mmfermtl.FERHead') is not FERHead
        cfg = Config(dict(model=dict(type='FERHead')))
        words = "'mmfermtl.FERHead' or type='otherplugin.FERHead'"
        with pytest.raises(UserError, match=words):
            with explain_config_errors(cfg):
                ROOT.build(cfg.model)
    finally:
        del ROOT.children['otherplugin']


def test_registries_have_no_empty_locations():
    nodes = [
        v for k, v in vars(registry).items()
        if k.isupper() and not k.startswith('MMENGINE')
    ]
    assert len(nodes) >= 8
    for node in nodes:
        assert node.scope == 'mmfermtl' and node._locations
        assert node.parent is not None and node.parent.scope == 'mmengine'


def test_image_classifier_with_our_parts():
    """It is trained in test_configs.py."""
    cfg = load_leaf('mmpretrain_classifier_ckplus48.py')
    init_default_scope('mmpretrain')
    model = MODELS.build(cfg.model)
    names = [
        type(m).__module__.split('.')[0]
        for m in (model, model.backbone, model.head)
    ]
    assert names == ['mmpretrain', 'mmfermtl', 'mmfermtl']


def test_linear_head_of_mmpretrain_in_our_model(work_dir, few_ckplus48):
    cfg = shrink('fermtl_linear_head_ckplus48.py', work_dir, few_ckplus48)
    runner = Runner.from_cfg(cfg)
    head = runner.model.network.head
    assert type(head).__module__.startswith('mmpretrain')
    before = head.fc.weight.detach().clone()
    runner.train()
    assert not torch.equal(before, head.fc.weight)
    # mmpretrain's key "loss" became ours, and was not counted twice.
    logs = runner.message_hub.log_scalars
    parts = [
        logs[k].current() for k in logs
        if k.startswith('train/loss_') and k != 'train/loss_dis'
    ]
    assert 'train/loss_fer' in logs
    assert logs['train/loss'].current() == pytest.approx(sum(parts), rel=1e-5)


@pytest.mark.parametrize(
    'name', ['fermtl_ckplus48.py', 'mmpretrain_classifier_ckplus48.py'])
def test_inferencer_of_mmpretrain(name, tmp_path):
    """It gives three channels whatever the model takes."""
    from mmpretrain.apis import ImageClassificationInferencer, get_model
    cfg = load_leaf(name)
    narrow_model(cfg)
    model = get_model(cfg, device='cpu')
    inferencer = ImageClassificationInferencer(model)
    grey = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    path = str(tmp_path / 'face.png')
    cv2.imwrite(path, grey)
    from_path = inferencer(path)[0]
    from_array = inferencer(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))[0]
    assert from_path['pred_scores'].shape == (7, )
    np.testing.assert_allclose(
        from_path['pred_scores'], from_array['pred_scores'], atol=1e-6)


def test_mmpretrain_transforms_and_metrics_on_our_samples(work_dir):
    """Colour images and mmpretrain's packing on our datasets."""
    dataset = registry.DATASETS.build(
        dict(
            type='mmfermtl.SyntheticFaces',
            num_subjects=2,
            num_folds=2,
            fold=0,
            channels=3,
            pipeline=[
                dict(type='mmpretrain.RandomResizedCrop', scale=32),
                dict(type='mmpretrain.ColorJitter', brightness=0.2),
                dict(type='mmpretrain.PackInputs')
            ]))
    item = dataset[0]
    assert item['inputs'].shape == (3, 32, 32)
    assert int(item['data_samples'].gt_label) == 0


def test_class_balanced_wrapper_of_mmengine():
    dataset = registry.DATASETS.build(
        dict(
            type='ClassBalancedDataset',
            oversample_thr=0.5,
            dataset=dict(
                type='mmfermtl.SyntheticFaces',
                num_subjects=2,
                num_folds=2,
                fold=0)))
    assert len(dataset) > 21


def test_config_as_text_round_trip():
    """A dumped config gives the same config."""
    cfg = load_leaf('fermtl_ckplus48.py')
    again = Config.fromstring(cfg.pretty_text, '.py')
    assert again.to_dict() == cfg.to_dict()


def test_our_config_as_the_base_of_one_elsewhere(tmp_path):
    """MMEngine requires a folder in a path of a package."""
    path = tmp_path / 'mine.py'
    path.write_text("_base_ = ['mmfermtl::_base_/../fermtl_ckplus48.py']\n"
                    'seed = 5\n')
    cfg = Config.fromfile(str(path))
    # So that names without a scope are found, too.
    assert cfg.model.pop('_scope_') == 'mmfermtl'
    assert cfg.model == load_leaf('fermtl_ckplus48.py').model
    assert cfg.seed == 5


def test_rates_by_layer_of_a_backbone_that_counts_none():
    network = MODELS.build(
        dict(
            type='mmfermtl.FERMTLNetwork',
            backbone=dict(type='mmpretrain.LeNet5'),
            head=dict(type='mmfermtl.FERHead', in_channels=120,
                      num_classes=7)))
    with pytest.raises(ValueError, match='LeNet5 has no get_layer_depth'):
        network.get_layer_depth('head.fc.weight')


def test_parts_of_mmpretrain_in_our_training(work_dir, few_ckplus48):
    """Batch augmentations, loss, rates by layer, moving average, pictures."""
    cfg = shrink('fermtl_mmpretrain_parts_ckplus48.py', work_dir, few_ckplus48)
    cfg.default_hooks.visualization.update(interval=1)
    cfg.visualizer.vis_backends = [dict(type='mmengine.LocalVisBackend')]
    runner = Runner.from_cfg(cfg)
    runner.train()
    model = runner.model
    names = [
        type(part).__module__.split('.')[0]
        for part in (model.network.head.loss_module,
                     model.data_preprocessor.batch_augments, runner.visualizer)
    ]
    assert names == ['mmpretrain'] * 3
    groups = runner.optim_wrapper['network'].optimizer.param_groups
    scales = {g['param_name'].split('.')[1]: g['lr_scale'] for g in groups}
    assert scales['stem'] == pytest.approx(0.8**4)
    assert scales['conv'] == scales['upsamples'] == 1
    # The averaged weights are saved, the raw ones beside them.
    saved = torch.load(f'{work_dir}/epoch_1.pth', weights_only=False)
    key = 'network.head.fc.weight'
    assert not torch.equal(saved['state_dict'][key],
                           saved['ema_state_dict'][f'module.{key}'])
    pictures = glob.glob(f'{work_dir}/*/vis_data/vis_image/*.png')
    assert len(pictures) >= 8
    metrics = runner.test()
    assert {'accuracy/top2', 'single-label/recall'} <= set(metrics)
    assert metrics['confusion_matrix/result'].shape == (7, 7)


@pytest.mark.parametrize(
    'name', ['fermtl_resnet18_ckplus.py', 'fermtl_convnext_ckplus.py'])
def test_weights_of_mmpretrain_by_path_in_our_model(name, work_dir,
                                                    rendered_roots, tmp_path):
    """Both branches are initialised from one checkpoint of mmpretrain."""
    cfg = shrink(name, work_dir, rendered_roots)
    branch = MODELS.build(cfg.model.network.backbone.branch)
    path = str(tmp_path / 'imagenet.pth')
    torch.save(
        dict(state_dict={
            f'backbone.{k}': v + 0.125
            for k, v in branch.state_dict().items()
        }), path)
    cfg.model.network.backbone.pretrained = path
    # Nothing moves, so that what was loaded is still there.
    for wrapper in cfg.optim_wrapper.values():
        if isinstance(wrapper, dict):
            wrapper.optimizer.update(lr=0., weight_decay=0.)
    runner = Runner.from_cfg(cfg)
    runner.train()
    backbone = runner.model.network.backbone
    for module in (backbone.fer_branch, backbone.fes_branch):
        for key, value in module.named_parameters():
            assert torch.equal(value, branch.state_dict()[key] + 0.125), key
    assert runner.test()['accuracy/top1'] >= 0


@pytest.mark.parametrize('name', ['ckplus48', 'resnet18_ckplus'])
def test_rates_by_layer(name):
    """The deeper, the higher; units as the stage before them."""
    cfg = load_leaf(f'fermtl_{name}.py')
    narrow_model(cfg)
    init_default_scope('mmpretrain')
    model = MODELS.build(cfg.model)
    depths = {}
    for key, _ in model.named_parameters():
        if key.startswith('network.'):
            depths[key], number = model.get_layer_depth(key)
            assert 0 <= depths[key] < number
    assert depths['network.head.fc.weight'] == number - 1
    assert max(v for k, v in depths.items() if '.backbone.' in k) == number - 2
    first = model.network.backbone.exchange[0]
    unit = depths['network.backbone.sharing.0.to_fer.reset_gate.weight']
    before = (f'fer_branch.layer{first}.0.conv1'
              if 'resnet' in name else f'fer_stages.{first}.convs.0.conv')
    assert unit == depths[f'network.backbone.{before}.weight'] > 0


def test_mmpretrain_builds_the_two_branches(tmp_path):
    """`get_model` and the inferencer on a config with a foreign backbone."""
    from mmpretrain.apis import ImageClassificationInferencer, get_model
    cfg = load_leaf('fermtl_resnet18_ckplus.py')
    narrow_model(cfg)
    inferencer = ImageClassificationInferencer(get_model(cfg, device='cpu'))
    face = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    assert inferencer(face)[0]['pred_scores'].shape == (7, )


def test_a_config_of_somebody_who_knows_mmpretrain(tmp_path, monkeypatch):
    """That of docs/advanced/mixing.md, on a folder of class-named images."""
    path = osp.join(ROOT, 'docs', 'advanced', 'mixing.md')
    text = open(path, encoding='utf-8').read()
    config, = re.findall(r'```python\n(# faces\.py\n.*?)```', text, re.S)
    (tmp_path / 'faces.py').write_text(config)
    rng = np.random.default_rng(0)
    for k, folder in enumerate(f'{split}/{name}' for split in ('train', 'val')
                               for name in ('anger', 'happiness', 'surprise')):
        (tmp_path / 'faces' / folder).mkdir(parents=True)
        for i in range(4):
            face = rng.integers(k * 40, k * 40 + 40, (60, 50, 3), np.uint8)
            cv2.imwrite(str(tmp_path / 'faces' / folder / f'{i}.png'), face)
    monkeypatch.chdir(tmp_path)
    cfg = Config.fromfile('faces.py')
    cfg.work_dir = 'out'
    cfg.train_cfg.max_epochs = 2
    runner = Runner.from_cfg(cfg)
    assert type(runner.model).__module__.startswith('mmpretrain')
    runner.train()
    assert runner.iter == 2
    assert 0 <= runner.test()['accuracy/top1'] <= 100
