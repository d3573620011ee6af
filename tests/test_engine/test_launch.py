import logging
import re

import pytest
from mmengine.config import Config

from mmfermtl.apis import UserError
from mmfermtl.engine import launch


def several(**kinds):
    """A config with one optimizer wrapper per child."""
    children = {
        name: dict(optimizer=dict(type='SGD', lr=0.1), type=kind)
        for name, kind in kinds.items()
    }
    return Config(
        dict(
            optim_wrapper=dict(
                constructor='mmfermtl.MultiOptimWrapperConstructor',
                **children)))


@pytest.fixture
def on_gpu(monkeypatch):
    monkeypatch.setattr(launch, 'get_device', lambda: 'cuda')
    monkeypatch.setattr(launch.torch.cuda, 'get_device_name', lambda: 'H100')
    monkeypatch.setattr(launch.torch.cuda, 'get_device_capability', lambda:
                        (9, 0))


@pytest.fixture
def on_cpu(monkeypatch):
    monkeypatch.setattr(launch, 'get_device', lambda: 'cpu')
    monkeypatch.setattr(launch.torch.cuda, 'is_available', lambda: False)


def test_amp_switches_each_sub_wrapper_on_gpu(on_gpu):
    cfg = several(network='OptimWrapper', discriminator='AmpOptimWrapper')
    launch.enable_amp(cfg)
    for name in ('network', 'discriminator'):
        wrapper = cfg.optim_wrapper[name]
        assert wrapper.type == 'AmpOptimWrapper'
        assert wrapper.loss_scale == 'dynamic'
    assert 'type' not in cfg.optim_wrapper


def test_amp_switches_each_sub_wrapper_on_cpu(on_cpu):
    cfg = several(
        network='OptimWrapper',
        discriminator='AmpOptimWrapper',
        third='mmfermtl.AutocastOptimWrapper')
    cfg.optim_wrapper.discriminator.loss_scale = 'dynamic'
    launch.enable_amp(cfg)
    for name in ('network', 'discriminator', 'third'):
        wrapper = cfg.optim_wrapper[name]
        assert wrapper.type == 'mmfermtl.AutocastOptimWrapper'
        assert 'loss_scale' not in wrapper
    assert cfg.optim_wrapper.network.dtype == 'bfloat16'


def test_amp_switches_a_single_wrapper_without_a_type(on_cpu):
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict(type='SGD', lr=1.))))
    assert not launch.uses_amp(cfg)
    launch.enable_amp(cfg)
    assert cfg.optim_wrapper.type == 'mmfermtl.AutocastOptimWrapper'
    assert launch.uses_amp(cfg)


def test_bfloat16_on_gpu(on_gpu):
    cfg = several(network='OptimWrapper', discriminator='OptimWrapper')
    assert not launch.uses_amp(cfg)
    launch.enable_amp(cfg, 'bfloat16')
    for name in ('network', 'discriminator'):
        wrapper = cfg.optim_wrapper[name]
        assert wrapper.type == 'mmfermtl.AutocastOptimWrapper'
        assert wrapper.dtype == 'bfloat16' and 'loss_scale' not in wrapper
    assert launch.uses_amp(cfg)


@pytest.mark.parametrize('dtype, kind', [
    ('bfloat16', 'mmfermtl.AutocastOptimWrapper'),
    ('float16', 'AmpOptimWrapper'),
])
def test_a_precision_that_is_asked_for_is_set(on_gpu, dtype, kind):
    wrapper = dict(
        type='mmfermtl.AutocastOptimWrapper',
        dtype='float16' if dtype == 'bfloat16' else 'bfloat16',
        optimizer=dict(type='SGD', lr=1.))
    cfg = Config(dict(optim_wrapper=wrapper))
    launch.enable_amp(cfg)
    assert cfg.optim_wrapper.dtype == wrapper['dtype']
    launch.enable_amp(cfg, dtype)
    assert cfg.optim_wrapper.type == kind
    assert cfg.optim_wrapper.get('dtype', 'float16') == dtype


def test_amp_keeps_a_chosen_loss_scale(on_gpu):
    cfg = several(network='AmpOptimWrapper')
    cfg.optim_wrapper.network.loss_scale = 512.
    launch.enable_amp(cfg)
    assert cfg.optim_wrapper.network.loss_scale == 512.


def test_amp_refuses_what_it_cannot_switch():
    with pytest.raises(UserError, match='optim_wrapper.b.*ApexOptimWrapper'):
        launch.enable_amp(several(a='OptimWrapper', b='ApexOptimWrapper'))
    with pytest.raises(UserError, match='no .optim_wrapper.'):
        launch.enable_amp(Config(dict(optim_wrapper=None)))


def test_float16_needs_a_gpu(on_cpu):
    cfg = several(network='OptimWrapper')
    with pytest.raises(UserError, match='float16 needs a GPU, found cpu'):
        launch.enable_amp(cfg, 'float16')


@pytest.mark.parametrize('units,slow,text', [
    (['avx512_bf16', 'amx_bf16'], False, 'with avx512_bf16 and amx_bf16'),
    ([], True, 'without avx512_bf16.*slower than float32'),
    (None, False, 'does not tell'),
])
def test_amp_describes_the_processor(units, slow, text, on_cpu, monkeypatch):
    logged = []
    monkeypatch.setattr(launch, 'bf16_units', lambda: units)
    monkeypatch.setattr(
        launch, 'print_log', lambda message, logger, level: logged.append(
            (level, message)))
    launch.enable_amp(several(network='OptimWrapper'))
    (level, message), = logged
    assert level == (logging.WARNING if slow else logging.INFO)
    assert re.search(text, message)


@pytest.mark.parametrize('dtype,capability,slow', [('float16', (7, 0), False),
                                                   ('float16', (6, 1), True),
                                                   ('bfloat16', (7, 5), True),
                                                   ('bfloat16',
                                                    (8, 0), False)])
def test_amp_describes_the_gpu(dtype, capability, slow, on_gpu, monkeypatch):
    monkeypatch.setattr(launch.torch.cuda, 'get_device_capability',
                        lambda: capability)
    text, found = launch.describe_amp(dtype, 'cuda')
    assert found == slow and f'{dtype} on H100' in text
    assert ('no tensor cores' in text) == slow


def test_workers_persist_where_there_are_some():
    cfg = Config(
        dict(
            train_dataloader=dict(num_workers=2, persistent_workers=False),
            val_dataloader=dict(num_workers=0, persistent_workers=True),
            test_dataloader=None))
    launch.prepare_dataloaders(cfg)
    assert cfg.train_dataloader.persistent_workers is True
    assert cfg.val_dataloader.persistent_workers is False
    assert cfg.test_dataloader is None


def test_launcher_without_torchrun_is_explained(on_cpu, monkeypatch):
    monkeypatch.delenv('RANK', raising=False)
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict())))
    with pytest.raises(UserError, match='RANK.*dist_train.sh'):
        launch.prepare_launcher(cfg, 'pytorch', training=True)
    with pytest.raises(UserError, match='slurm needs GPUs'):
        launch.prepare_launcher(cfg, 'slurm', training=True)


def test_several_optimizers_need_a_wrapper_of_their_own(on_cpu):
    cfg = several(network='OptimWrapper')
    with pytest.raises(UserError, match='model_wrapper_cfg'):
        launch.prepare_launcher(cfg, 'pytorch', training=True)


@pytest.mark.parametrize('given', [None, dict(type='mmfermtl.Own', a=1)])
def test_cpu_wrapper_has_no_device_ids(on_cpu, monkeypatch, given):
    monkeypatch.setattr(launch, 'is_distributed', lambda: True)
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict())))
    cfg.model_wrapper_cfg = given
    launch.prepare_launcher(cfg, 'pytorch', training=True)
    wrapper = cfg.model_wrapper_cfg
    assert wrapper.device_ids is None
    expected = given['type'] if given else 'MMDistributedDataParallel'
    assert wrapper.type == expected
    assert cfg.launcher == 'pytorch'
