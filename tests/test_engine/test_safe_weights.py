"""No way of loading weights runs code from the file."""
import os
import os.path as osp

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader, load_checkpoint
from narrow import CONFIGS, load_leaf, narrow_model
from torch import nn

from mmfermtl.models import FeatureLoss, FileEmbedder
from mmfermtl.registry import MODELS


class Evil:
    """An object whose unpickling would make a file."""

    def __init__(self, trace):
        self.trace = str(trace)

    def __reduce__(self):
        return os.mkdir, (self.trace, )


@pytest.fixture
def evil(tmp_path):
    """A checkpoint of the narrow classifier that would make a folder."""
    cfg = load_leaf('mmpretrain_classifier_ckplus48.py')
    narrow_model(cfg)
    init_default_scope('mmpretrain')
    model = MODELS.build(dict(cfg.model, _scope_='mmpretrain'))
    path = tmp_path / 'evil.pth'
    trace = tmp_path / 'trace'
    torch.save(dict(state_dict=model.state_dict(), x=Evil(trace)), path)
    yield cfg, str(path)
    assert not trace.exists()


def test_the_file_is_evil(tmp_path):
    torch.save(Evil(tmp_path / 'trace'), tmp_path / 'a.pth')
    torch.load(tmp_path / 'a.pth', weights_only=False)
    assert (tmp_path / 'trace').exists()


def feature_loss(cfg, path):
    FeatureLoss(nn.Conv2d(1, 2, 3), checkpoint=path)


def pretrained_init(cfg, path):
    init_default_scope('mmpretrain')
    backbone = dict(
        cfg.model.backbone, init_cfg=dict(type='Pretrained', checkpoint=path))
    MODELS.build(backbone).init_weights()


def pretrained_part(cfg, path):
    init_default_scope('mmpretrain')
    given = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    MODELS.build(dict(cfg.model.backbone, init_cfg=given)).init_weights()


def get_model(cfg, path):
    from mmpretrain.apis import get_model
    get_model(cfg, path, device='cpu')


def inferencer(cfg, path):
    from mmpretrain.apis import ImageClassificationInferencer
    ImageClassificationInferencer(cfg, path, device='cpu')


def embedder(cfg, path):
    FileEmbedder(path, network=cfg.model.backbone)


def of_an_address(cfg, path):
    """As `https://` does, with a file that is there already."""
    CheckpointLoader.load_checkpoint('https://example.org/evil.pth')


WAYS = [
    feature_loss, pretrained_init, pretrained_part, get_model, inferencer,
    embedder, of_an_address
]


@pytest.mark.parametrize('load', WAYS, ids=lambda load: load.__name__)
def test_no_code_is_run(evil, load, tmp_path, monkeypatch):
    hub = tmp_path / 'checkpoints'
    hub.mkdir()
    os.link(evil[1], hub / 'evil.pth')
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    with pytest.raises(ValueError, match='evil.pth cannot be loaded safely'):
        load(*evil)


def test_mmengine_still_loads_ordinary_files(tmp_path):
    from mmengine.logging import MessageHub
    hub = MessageHub.get_instance('some run')
    hub.update_scalar('train/loss', np.float64(0.5))
    net = nn.Linear(2, 3)
    path = str(tmp_path / 'a.pth')
    torch.save(
        dict(
            state_dict={
                f'module.{k}': v
                for k, v in net.state_dict().items()
            },
            message_hub=hub.state_dict()), path)
    other = nn.Linear(2, 3)
    found = load_checkpoint(other, path, map_location='cpu')
    assert torch.equal(net.weight, other.weight)
    assert 'train/loss' in found['message_hub']['log_scalars']
    with pytest.raises(FileNotFoundError, match='gone.pth'):
        load_checkpoint(other, str(tmp_path / 'gone.pth'))


def test_the_loss_refuses_weights_of_another_network(tmp_path):
    path = str(tmp_path / 'a.pth')
    torch.save(nn.Conv2d(1, 2, 5).state_dict(), path)
    with pytest.raises(ValueError, match=r'a.pth.*Conv2d.*\(2, 1, 5, 5\)'):
        FeatureLoss(nn.Conv2d(1, 2, 3), checkpoint=path)
    net = nn.Conv2d(1, 2, 5)
    FeatureLoss(net, checkpoint=path)
    assert torch.equal(net.weight, torch.load(path)['weight'])


def save_backbone(tmp_path):
    """A backbone's config, and its weights alone."""
    init_default_scope('mmpretrain')
    cfg = dict(
        type='mmpretrain.ResNet', depth=18, base_channels=8, stem_channels=8)
    net = MODELS.build(dict(cfg))
    net.eval()
    path = str(tmp_path / 'faces.pth')
    torch.save(net.state_dict(), path)
    return cfg, net, path


def test_an_embedder_of_weights_alone(tmp_path):
    cfg, net, path = save_backbone(tmp_path)
    options = dict(size=32, mean=127.5, std=127.5, rgb=False)
    embedder = FileEmbedder(path, network=cfg, **options)
    faces = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    with torch.no_grad():
        want = net((faces.float() - 127.5) / 127.5)[-1].mean((2, 3))
    torch.testing.assert_close(embedder(faces), want)
    with pytest.raises(ValueError, match='does not fit its network ResNet'):
        FileEmbedder(path, network=dict(cfg, depth=34), **options)
    with pytest.raises(ValueError, match='name the `network`'):
        FileEmbedder(path)


def test_an_embedder_of_weights_for_the_tools(tmp_path):
    from mmfermtl.generation.filter_networks import FilterNetworks
    cfg, net, path = save_backbone(tmp_path)
    held_out = load_leaf('fer_synthetic.py').train_dataloader.dataset
    held_out.num_subjects = 10
    networks = FilterNetworks(
        embedder_cfg=Config(
            dict(
                model=dict(type='mmfermtl.FileEmbedder', network=cfg,
                           size=32))),
        embedder_checkpoint=path)
    _, embedder = networks.build(held_out.to_dict(), 'cpu')
    assert isinstance(embedder, FileEmbedder) and embedder.size == 32
    assert embedder(torch.zeros(1, 1, 48, 48, dtype=torch.uint8)).ndim == 2


def test_options_of_the_data_for_an_embedder():
    """One of a file has no data, one of a classifier has."""
    from mmfermtl.generation.filter_networks import load_embedder_config
    cfg = load_embedder_config(
        osp.join(CONFIGS, '_base_/models/face_api_embedder.py'),
        data_root='d',
        fold=3)
    assert 'fold' not in cfg
    cfg = load_embedder_config(
        osp.join(CONFIGS, 'single_task/identity_ckplus48.py'), fold=3)
    assert cfg.fold == 3


@pytest.mark.parametrize('options, words', [
    (dict(size=0), 'size=0'),
    (dict(size='big'), "size='big'"),
    (dict(channels=2), 'channels=2'),
    (dict(std=0), 'std=0'),
    (dict(mean=[1, 2]), r'mean=\[1, 2\].*one finite number or 3'),
    (dict(mean='grey'), "mean='grey'"),
    (dict(std=[1, float('nan'), 1]), 'std='),
])
def test_wrong_options_of_an_embedder(tmp_path, options, words):
    with pytest.raises(ValueError, match=words):
        FileEmbedder(str(tmp_path / 'a.onnx'), **options)


def test_unknown_options_of_an_embedder():
    from mmfermtl.generation.filter_networks import FilterNetworks
    with pytest.raises(ValueError, match='sise.*expected some of size'):
        FilterNetworks(
            embedder='a.onnx', embedder_options=dict(sise=3)).build({}, 'cpu')
    with pytest.raises(ValueError, match='no --embedder'):
        FilterNetworks(embedder_options=dict(size=3)).build({}, 'cpu')


def test_pictures_that_an_embedder_cannot_read(tmp_path):
    path = str(tmp_path / 'a.pt')
    torch.jit.trace(nn.Conv2d(1, 2, 3), torch.zeros(1, 1, 8, 8)).save(path)
    with pytest.raises(ValueError, match='a.pt cannot read.*1, 3, 112, 112'):
        FileEmbedder(path)(torch.zeros(1, 1, 8, 8, dtype=torch.uint8))
