"""Weights are published with what is needed to use them."""
import json
import os

import numpy as np
import pytest
import torch
from mmengine.runner import CheckpointLoader, Runner
from narrow import shrink
from safetensors.torch import save_file
from toy_runs import forget_runs

from mmfermtl.apis import load_model, run_training, set_everywhere
from mmfermtl.engine.checkpoints.published_weights import publish, read_weights
from mmfermtl.models import FaceApiResNet
from mmfermtl.registry import MODELS
from mmfermtl.utils.safe_loading import (find_published, list_published,
                                         load_checkpoint_safely,
                                         published_checkpoint,
                                         read_safetensors)


@pytest.fixture(scope='module')
def published(tmp_path_factory):
    """A short run of the multi-task network, and its published weights."""
    folder = tmp_path_factory.mktemp('published')
    cfg = shrink('fermtl_synthetic.py', folder / 'run', '')
    Runner.from_cfg(cfg).train()
    checkpoint = str(folder / 'run' / 'epoch_1.pth')
    path = str(folder / 'faces.safetensors')
    return cfg, checkpoint, path, publish(checkpoint, path, cfg)


def test_the_network_is_that_of_the_checkpoint(published):
    cfg, checkpoint, path, description = published
    weights = read_weights(path)
    assert weights.description == json.loads(json.dumps(description))
    assert weights.classes == [
        'anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness',
        'surprise'
    ]
    assert description['name'] == 'faces'
    facts = description['training_facts']
    assert facts['images'] == facts['datasets'][0]['images'] == 8
    assert len(facts['datasets'][0]['list_sha256']) == 64
    trained = torch.load(checkpoint, weights_only=False)['state_dict']
    assert any(key.startswith('discriminator.') for key in trained)
    model = load_model(path)
    assert not model.training
    # As a runner does before it trains.
    model.init_weights()
    state = model.state_dict()
    assert set(state) == {k for k in trained if k.startswith('network.')}
    for key, value in state.items():
        want = trained[key]
        if want.is_floating_point() and 'running_' not in key:
            want = want.half().float()
        torch.testing.assert_close(value, want, rtol=0, atol=0)
    face = np.full((48, 48), 99, np.uint8)
    item = dict(inputs=[torch.from_numpy(face)[None]], data_samples=None)
    assert model.test_step(item)[0].pred_score.shape == (7, )


def test_files_of_strangers(published, tmp_path):
    """Nothing but known parts is built from a file."""
    _, checkpoint, path, _ = published
    state, description = read_safetensors(path)

    def write(name, change=None, text=None):
        other = json.loads(json.dumps(description))
        if change:
            change(other)
        target = str(tmp_path / name)
        save_file(state, target, dict(mmfermtl=text or json.dumps(other)))
        return target

    def evil(other):
        other['model']['network']['head'] = dict(
            type='mmfermtl.FileEmbedder', path='a.pt')

    with pytest.raises(ValueError, match='FileEmbedder.*files or run code'):
        read_weights(write('a.safetensors', evil))

    def reading(other):
        other['pipeline'][0]['type'] = 'LoadImageFromFile'

    with pytest.raises(ValueError, match='LoadImageFromFile'):
        read_weights(write('b.safetensors', reading))
    with pytest.raises(ValueError, match='c.safetensors: .*malformed'):
        read_weights(
            write('c.safetensors', lambda other: other.pop('classes')))
    with pytest.raises(ValueError, match='damaged or no safetensors'):
        read_weights(write('d.safetensors', text='{'))
    with pytest.raises(ValueError, match='malformed'):
        target = str(tmp_path / 'e.safetensors')
        save_file(state, target)
        read_weights(target)
    half = tmp_path / 'f.safetensors'
    half.write_bytes(open(path, 'rb').read()[:5000])
    with pytest.raises(ValueError, match='f.safetensors are damaged'):
        read_weights(str(half))
    with pytest.raises(ValueError, match='damaged or no safetensors'):
        copy = tmp_path / 'g.safetensors'
        copy.write_bytes(open(checkpoint, 'rb').read())
        read_weights(str(copy))

    def narrower(other):
        other['model']['network']['head']['num_classes'] = 3

    with pytest.raises(ValueError, match='do not fit the model'):
        load_model(write('h.safetensors', narrower))
    with pytest.raises(ValueError, match='are not a file'):
        load_model(str(tmp_path / 'gone.safetensors'))

    def compiled(other):
        flag = 'off -wrapper "/bin/sh,-c,touch ran"'
        other['model']['network']['compile'] = dict(
            options={'cpp.enable_floating_point_contract_flag': flag})

    with pytest.raises(ValueError, match='compile=.*may run commands'):
        load_model(write('i.safetensors', compiled))

    def scoped(other):
        other['model']['_scope_'] = 'evil_package'

    with pytest.raises(ValueError, match="_scope_='evil_package'.*imported"):
        read_weights(write('k.safetensors', scoped))

    def reads_on(other):
        other['model']['network']['backbone'] = dict(
            type='mmfermtl.DualBackbone',
            branch=dict(type='mmfermtl.FaceApiResNet', num_stages=5),
            pretrained='/dev/zero')

    with pytest.raises(ValueError, match="pretrained='/dev/zero'.* no other"):
        read_weights(write('l.safetensors', reads_on))

    def unknown(other):
        other['training_facts'] = {}

    with pytest.raises(ValueError, match='names no datasets, or other'):
        read_weights(write('j.safetensors', unknown))


def test_names(published, monkeypatch):
    cfg, checkpoint, path, _ = published
    monkeypatch.setattr(published_checkpoint, 'FOLDER', os.path.dirname(path))
    assert list_published() == ['faces']
    assert read_weights('faces').classes == read_weights(path).classes
    with pytest.raises(ValueError, match="'other' names no weights.*faces"):
        load_model('other')
    with pytest.raises(TypeError, match='a name alone'):
        load_model('faces', checkpoint)
    with pytest.raises(TypeError, match='needs a checkpoint'):
        load_model(cfg)


def short(work_dir, fold=0, **options):
    """A short run on rendered faces."""
    forget_runs()
    cfg = shrink('fermtl_synthetic.py', work_dir, '')
    set_everywhere(cfg, 'fold', fold)
    cfg.merge_from_dict(options)
    return cfg


def test_training_begins_with_published_weights(published, tmp_path):
    """By a hook, by `load_from`, and in a part of the model."""
    path = published[2]
    state = load_model(path).state_dict()
    hook = dict(type='mmfermtl.LoadExpressionPartsHook', checkpoint=path)
    init = dict(type='Pretrained', checkpoint=path, prefix='network.backbone.')
    still = {'optim_wrapper.network.optimizer.lr': 1e-12}
    starts = [{
        'default_hooks.load_parts': hook
    }, {
        'load_from': path
    }, {
        'model.network.backbone.init_cfg': init
    }]
    for k, options in enumerate(starts):
        cfg = short(tmp_path / str(k), **still, **options)
        cfg.train_cfg.max_epochs = 1
        runner = run_training(cfg)
        for name, value in runner.model.state_dict().items():
            if 'fer_stages' in name and value.is_floating_point() and (
                    'running_' not in name):
                torch.testing.assert_close(value, state[name])
        saved = torch.load(tmp_path / str(k) / 'epoch_1.pth')
        known = saved['meta']['training_facts']['initialised_from']
        assert [row['name'] for row in known] == ['faces.safetensors']
        assert saved['state_dict'][name].dtype is torch.float32
        # Subjects that the weights were trained on are not held out.
        with pytest.raises(ValueError, match='faces.safetensors.*train'):
            run_training(short(tmp_path / f'{k}_1', fold=1, **options))


def test_names_are_checkpoints_as_well(published, monkeypatch):
    path = published[2]
    monkeypatch.setattr(published_checkpoint, 'FOLDER', os.path.dirname(path))
    loaded = load_checkpoint_safely('faces')
    facts = published[3]['training_facts']
    assert loaded['meta']['training_facts'] == json.loads(json.dumps(facts))
    assert all(v.dtype is not torch.float16
               for v in loaded['state_dict'].values())
    assert CheckpointLoader.load_checkpoint('faces').keys() == loaded.keys()
    assert find_published('other') is None
    with pytest.raises(ValueError, match='checkpoint other is not a file'):
        load_checkpoint_safely('other')


def test_users_decide_what_to_compile_and_to_train(published, tmp_path):
    cfg, checkpoint, _, _ = published
    cfg = cfg.copy()
    cfg.model.network.update(compile=True, frozen=['head'])
    out = str(tmp_path / 'a.safetensors')
    network = publish(checkpoint, out, cfg)['model']['network']
    assert not {'compile', 'frozen'} & set(network)
    assert read_weights(out).build() is not None


def test_what_a_backbone_began_with_is_left_out(published, tmp_path):
    network = FaceApiResNet(num_stages=5)
    faces = str(tmp_path / 'face_api.pth')
    torch.save(network.state_dict(), faces)
    cfg = shrink('fer_face_api_ferplus-pre_ckplus48.py', tmp_path / 'run', '')
    cfg.model.network.backbone.pretrained = faces
    trained = MODELS.build(cfg.model)
    trained.init_weights()
    loaded = torch.load(published[1], weights_only=False)
    loaded['state_dict'] = trained.state_dict()
    checkpoint = str(tmp_path / 'a.pth')
    torch.save(loaded, checkpoint)
    out = str(tmp_path / 'a.safetensors')
    os.remove(faces)
    backbone = publish(checkpoint, out, cfg)['model']['network']['backbone']
    assert 'pretrained' not in backbone
    model = load_model(out)
    model.init_weights()
    torch.testing.assert_close(
        model.network.backbone.fer_branch.conv32_down.weight,
        network.conv32_down.weight,
        rtol=1e-3,
        atol=1e-6)


def test_what_cannot_be_published(published, tmp_path):
    cfg, checkpoint, path, _ = published
    out = str(tmp_path / 'a.safetensors')
    with pytest.raises(ValueError, match='ends in .safetensors'):
        publish(checkpoint, str(tmp_path / 'a.pth'), cfg)
    for name in (path, 'fer_tiny_ferplus'):
        with pytest.raises(ValueError, match='are published already'):
            publish(name, out, cfg)
    loaded = torch.load(checkpoint, weights_only=False)
    bare = str(tmp_path / 'bare.pth')
    torch.save(loaded['state_dict'], bare)
    with pytest.raises(ValueError, match='does not record what it was'):
        publish(bare, out, cfg)
    key = next(k for k in loaded['state_dict'] if k.endswith('fc.weight'))
    loaded['state_dict'][key][0, 0] = 1e6
    large = str(tmp_path / 'large.pth')
    torch.save(loaded, large)
    with pytest.raises(ValueError, match='float16 cannot hold'):
        publish(large, out, cfg)
    assert not os.path.exists(out)
