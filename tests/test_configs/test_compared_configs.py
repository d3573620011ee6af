"""Compared configs differ only in what the comparison is about."""
import copy

import numpy as np
import pytest
from mmengine.dataset import Compose
from narrow import load_leaf

from mmfermtl.registry import TRANSFORMS

#: The end of the names of configs whose runs are compared.
GROUPS = ('synthetic', 'ckplus48', 'ckplus48_from_synthetic',
          'ferplus-pre_ckplus48')
VARIANTS = [(f'fermtl_{kind}_{group}.py', f'fermtl_{group}.py')
            for group in GROUPS
            for kind in ('no_sharing', 'hard_sharing', 'cross_stitch', 'nddr')
            if group == 'ckplus48' or kind in ('hard_sharing', 'cross_stitch')]


def settings(name):
    """Read a config as plain values, without the names of its files."""
    cfg = load_leaf(name).to_dict()
    cfg.pop('pretrained', None)
    loader = cfg['default_hooks'].get('load_parts')
    if loader is not None and 'ferplus-pre' in name:
        # From one recogniser, whatever the second task begins with.
        assert loader.pop('checkpoint') == 'fer_tiny_ferplus'
        loader.pop('copies', None)
        loader.pop('from_scratch', None)
    elif loader is not None:
        kind = name.replace('_ckplus48_from', '').replace('.py', '')
        kind = kind.replace('_enlarged', '')
        assert loader.pop('checkpoint') == f'work_dirs/{kind}/epoch_16.pth'
    return cfg


@pytest.mark.parametrize('variant, reference', VARIANTS)
def test_multi_task_variants_differ_in_the_sharing_unit_alone(
        variant, reference):
    one, two = settings(variant), settings(reference)
    sharing = one['model']['network']['backbone'].pop('sharing')
    assert sharing != two['model']['network']['backbone'].pop('sharing', 0)
    assert one == two


@pytest.mark.parametrize('group', GROUPS)
def test_the_wirings_differ_in_the_network_alone(group):
    one = settings(f'fermtl_figure_{group}.py')
    two = settings(f'fermtl_{group}.py')
    networks = [cfg['model'].pop('network') for cfg in (one, two)]
    assert one == two
    backbones = [network.pop('backbone') for network in networks]
    assert [b.pop('arch') for b in backbones] == ['tiny_figure', 'tiny']
    assert backbones[0] == backbones[1]
    generators = [network.pop('generator') for network in networks]
    assert set(generators[0]) - set(generators[1]) == {'convs', 'out_kernel'}
    assert networks[0] == networks[1]


@pytest.mark.parametrize('kind, group', [('fermtl', GROUPS[1]),
                                         ('fermtl', GROUPS[2]),
                                         ('fer', GROUPS[3])])
def test_enlarging_adds_images_and_changes_nothing_else(kind, group):
    one = settings(f'{kind}_enlarged_{group}.py')
    two = settings(f'{kind}_{group}.py')
    datasets = one['train_dataloader'].pop('dataset')['datasets']
    assert datasets[0] == two['train_dataloader'].pop('dataset')
    assert datasets[1]['pipeline'] == datasets[0]['pipeline']
    assert one['train_dataloader'].pop('sampler')['ratio']
    two['train_dataloader'].pop('sampler')
    for name in ('ratio', 'generated_root'):
        one.pop(name)
    one.pop('real', None)
    assert one == two


@pytest.mark.parametrize('data', ['ckplus48', 'taiwan'])
def test_completing_adds_images_and_changes_nothing_else(data):
    one = load_leaf(f'fer_completed_{data}.py').to_dict()
    two = load_leaf(f'fer_lacking_{data}.py').to_dict()
    datasets = one['train_dataloader'].pop('dataset')['datasets']
    real = two['train_dataloader'].pop('dataset')
    assert datasets[0] == real and datasets[1]['pipeline'] == real['pipeline']
    assert one['train_dataloader'].pop('sampler')['ratio'] == 1 / 7
    two['train_dataloader'].pop('sampler')
    # Names that the config writes its datasets with, which nothing reads.
    for name in ('generated_root', 'real', 'generated', 'ratio'):
        one.pop(name, None)
    assert one == two
    lacks = two.pop('lacks')
    assert real.pop('train_without') == lacks == ('disgust', )
    three = load_leaf(f'fer_ferplus-pre_{data}.py').to_dict()
    assert three['train_dataloader'].pop('dataset') == real
    three['train_dataloader'].pop('sampler')
    assert two == three


@pytest.mark.parametrize('group', [*GROUPS, 'ferplus-pre_taiwan'])
def test_the_single_task_is_trained_as_the_multi_task_network(group):
    """All that recognition depends on, except the second task, is equal."""
    single, multi = settings(f'fer_{group}.py'), settings(f'fermtl_{group}.py')
    assert single.pop('optim_wrapper') == multi.pop('optim_wrapper')['network']
    assert single.pop('param_scheduler') == multi.pop(
        'param_scheduler')['network']
    networks = [cfg['model']['network'] for cfg in (single, multi)]
    assert networks[0].pop('generator') is None
    assert networks[1].pop('generator') and networks[1]['head']
    fer_only = {'branches': 'fer', 'sharing': None}
    assert fer_only.items() <= networks[0]['backbone'].items()
    networks[1]['backbone'].pop('sharing', None)
    networks[0]['backbone'] = {
        k: v
        for k, v in networks[0]['backbone'].items() if k not in fer_only
    }
    for cfg in (single, multi):
        # The second task: its losses, targets and scores.
        cfg['model'] = {
            k: v
            for k, v in cfg['model'].items()
            if k in ('data_preprocessor', 'network')
        }
        cfg.pop('num_classes', None)
        cfg.pop('model_wrapper_cfg', None)
        for split in ('train', 'val', 'test'):
            cfg[f'{split}_dataloader']['dataset'].pop('pairs')
        for split in ('val', 'test'):
            cfg[f'{split}_evaluator'] = [
                metric for metric in cfg[f'{split}_evaluator']
                if metric['type'] != 'mmfermtl.SynthesisMetric'
            ]
        if 'load_parts' in cfg['default_hooks']:
            cfg['default_hooks']['load_parts'].pop('parts', None)
    assert single == multi


@pytest.mark.parametrize(
    'name',
    ['fer_ckplus48.py', 'fermtl_ckplus48.py', 'fermtl_r21_ckplus48.py'])
def test_no_training_crop_has_black_corners(name):
    """Rotated, shifted and shrunk at once, a white image stays white."""
    cfg = load_leaf(name)
    pipeline = copy.deepcopy(cfg.train_dataloader.dataset.pipeline)
    pipeline = Compose([TRANSFORMS.build(t) for t in pipeline])
    np.random.seed(0)
    darkest = 255
    for _ in range(150):
        white = dict(img=np.full((48, 48), 255, np.uint8))
        darkest = min(darkest, int(pipeline(white)['inputs'].min()))
    # The jitter darkens by a fifth at the most.
    assert darkest >= 0.8 * 255 - 1
