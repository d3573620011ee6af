"""Loading, inference, scaling and the release; no time is tested."""
import sys
from types import SimpleNamespace

import pytest
from narrow import load_leaf, narrow_model
from torch import nn

from mmfermtl.analysis.speed import detection_speed
from mmfermtl.analysis.speed.detection_speed import detection_call
from mmfermtl.analysis.speed.folder_speed import measure_folder
from mmfermtl.analysis.speed.inference_speed import FORMS, measure_inference
from mmfermtl.analysis.speed.loading_speed import measure_loader
from mmfermtl.analysis.speed.onnx_speed import other_network
from mmfermtl.analysis.speed.release_speed import measure_release
from mmfermtl.analysis.speed.scaling_speed import measure_scaling
from mmfermtl.apis import UserError

#: A network with the names and results of the release, at tiny width.
RELEASE = '''
import torch
from torch import nn

class FERSNet(nn.Module):
    def __init__(self, vgg_name, num_class, mem_size, k_channel):
        super().__init__()
        self.conv = nn.Conv2d(k_channel + num_class, k_channel, 3, padding=1)
        self.fc = nn.Linear(k_channel, num_class)

    def forward(self, face, target):
        planes = target[..., None, None].expand(-1, -1, *face.shape[2:])
        out = self.conv(torch.cat([face, planes], 1))
        return out, self.fc(out.mean((2, 3)))

class Discriminator(nn.Module):
    def __init__(self, input_shape, num_class):
        super().__init__()
        self.conv = nn.Conv2d(input_shape[0] + num_class, 1, 4, 4)

    def forward(self, face, planes):
        return self.conv(torch.cat([face, planes], 1))
'''


def narrow_leaf(name, size=3):
    cfg = load_leaf(name)
    narrow_model(cfg)
    cfg.train_dataloader.batch_size = size
    return cfg


@pytest.mark.parametrize('training', [False, True])
def test_loader(training):
    cfg = narrow_leaf('fer_ckplus48.py')
    found = measure_loader(cfg, (0, 1), 2, 1, training=training)
    names = ['0 workers', '1 workers']
    if training:
        names.insert(0, 'no loading')
    assert [one.name for one in found] == names
    assert all(len(one.seconds) == 2 for one in found)


def test_inference():
    forms = FORMS[:4]
    found = measure_inference(
        narrow_leaf('fermtl_ckplus48.py'), forms, 2, steps=2, warmup=1)
    assert [one.name for one in found] == list(forms)
    with pytest.raises(UserError, match='no FERMTL with a head'):
        measure_inference(narrow_leaf('fes_ckplus48.py'))


class TinyTimm(nn.Module):
    """What timm gives, but for its size."""

    def __init__(self, classes):
        super().__init__()
        self.pretrained_cfg = dict(input_size=(3, 24, 24))
        self.layers = nn.Sequential(
            nn.Conv2d(3, 4, 3, 8), nn.Flatten(), nn.LazyLinear(classes))

    def forward(self, images):
        return self.layers(images)


@pytest.fixture
def timm(monkeypatch):
    """Take the place of timm, which no extra installs."""

    def create_model(name, pretrained, num_classes):
        if name != 'tiny':
            raise RuntimeError(f'Unknown model ({name})')
        return TinyTimm(num_classes)

    package = SimpleNamespace(create_model=create_model, __spec__='found')
    monkeypatch.setitem(sys.modules, 'timm', package)


def test_inference_by_onnx(timm, monkeypatch):
    """What is compared comes first, detection last."""
    monkeypatch.setattr(
        detection_speed, 'FaceDetector',
        lambda: SimpleNamespace(detect=lambda picture: [picture.shape]))
    found = measure_inference(
        narrow_leaf('fer_ckplus48.py'), ('network', 'onnx', 'onnx int8'),
        2,
        steps=2,
        warmup=0,
        other='timm:tiny@32',
        detection=True)
    assert [one.name for one in found] == [
        'tiny of timm, 32 px, onnx', 'network', 'onnx', 'onnx int8',
        'detection, 640 x 480 px'
    ]
    assert found[0].ratios == [1., 1.]


def test_other_network_takes_the_size_of_its_own_weights(timm):
    other = other_network('timm:tiny', images=3, classes=5)
    assert other.name == 'tiny of timm, 24 px, onnx'
    assert other.run(0)[0].shape == (3, 5)


@pytest.mark.parametrize('name', ['tiny', 'timm:', 'timm:tiny@x', 'other:x'])
def test_names_of_other_networks(name):
    with pytest.raises(UserError, match='expected timm:NAME or'):
        other_network(name, 1, 2)


def test_other_networks_that_are_not_there(timm, monkeypatch):
    with pytest.raises(UserError, match='Unknown model'):
        other_network('timm:unknown', 1, 2)
    monkeypatch.setitem(sys.modules, 'timm', None)
    with pytest.raises(UserError, match='needs timm, not'):
        other_network('timm:tiny', 1, 2)


def test_detection_without_weights(monkeypatch):

    def missing():
        raise FileNotFoundError

    monkeypatch.setattr(detection_speed, 'FaceDetector', missing)
    assert detection_call(1) is None


def test_folder():
    cfg = narrow_leaf('fer_ckplus48.py')
    found = measure_folder(cfg, (1, 3), images=4, steps=1, warmup=0)
    assert [one.name for one in found] == [
        'PyTorch, batches of 1', 'PyTorch, batches of 3', 'ONNX, batches of 1',
        'ONNX, batches of 3'
    ]
    with pytest.raises(UserError, match='expected at least 1'):
        measure_folder(cfg, (0, ))


def test_scaling():
    found = measure_scaling(
        narrow_leaf('fermtl_ckplus48.py'), (1, 3), (96, ), (2, ), 1, 0)
    assert [str(one.scale) for one in found] == [
        '3 x 48 px, 7 classes', '1 x 48 px, 7 classes', '3 x 96 px, 7 classes',
        '3 x 48 px, 2 classes'
    ]


def test_release(tmp_path):
    cfg = narrow_leaf('fermtl_r21_ckplus.py')
    with pytest.raises(UserError, match='compile: expected float32 or bf16'):
        measure_release(cfg, str(tmp_path), ('compile', ))
    with pytest.raises(UserError, match='found no network.py'):
        measure_release(cfg, str(tmp_path))
    (tmp_path / 'network.py').write_text(RELEASE)
    found = measure_release(cfg, str(tmp_path), images=2, steps=1)
    assert [one.name
            for one in found] == ['release', 'ours, float32', 'ours, bf16']
