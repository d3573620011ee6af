"""The face recognition network of face-api, from package to embedder."""
import json
import os
import os.path as osp
import runpy
import sys
import tarfile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from fake_face_api import fake_weights, write_package
from mmengine.config import Config

from mmfermtl.engine.checkpoints.face_api_conversion import (MANIFEST,
                                                             convert_face_api)
from mmfermtl.models import FileEmbedder
from mmfermtl.registry import MODELS
from mmfermtl.utils.safe_loading.tensorflow_js import read_tensorflow_js

ROOT = osp.dirname(osp.dirname(osp.dirname(osp.abspath(__file__))))


@pytest.fixture(scope='module')
def weights():
    return fake_weights()


@pytest.fixture(scope='module')
def package(weights, tmp_path_factory):
    return write_package(tmp_path_factory.mktemp('npm') / 'a.tgz', *weights)


def dequantized(weights):
    """All tensors, by the definition."""
    entries, content = weights
    found, start = {}, 0
    for entry in entries:
        one = entry.get('quantization')
        count = int(np.prod(entry['shape']))
        kind = np.dtype(np.uint8 if one else '<f4')
        values = np.frombuffer(content, kind, count, start)
        start += values.nbytes
        if one:
            values = values * one['scale'] + one['min']
        found[entry['name']] = torch.tensor(
            values.reshape(entry['shape']), dtype=torch.float64)
    return found


def reference(tensors, images):
    """The published network, with scale and shift after each convolution."""

    def conv(name, feats, **options):
        feats = F.conv2d(feats,
                         tensors[f'{name}/conv/filters'].permute(3, 2, 0, 1),
                         tensors[f'{name}/conv/bias'], **options)
        scale, shift = (
            tensors[f'{name}/scale/{k}'].view(-1, 1, 1)
            for k in ('weights', 'biases'))
        return feats * scale + shift

    feats = conv('conv32_down', images, stride=2).relu()
    feats = F.max_pool2d(feats, 3, 2)
    assert feats.shape[2:] == (35, 35)
    for name in [
            key[:-len('/conv1/conv/bias')] for key in tensors
            if key.endswith('/conv1/conv/bias')
    ]:
        down = '_down' in name
        out = conv(
            f'{name}/conv1', feats, stride=1 + down,
            padding=0 if down else 1).relu()
        out = conv(f'{name}/conv2', out, padding=1)
        skip = F.avg_pool2d(feats, 2) if down else feats
        shape = [max(pair) for pair in zip(out.shape, skip.shape)]
        both = torch.zeros(shape, dtype=out.dtype)
        for one in (out, skip):
            both[:, :one.shape[1], :one.shape[2], :one.shape[3]] += one
        feats = both.relu()
    return feats.mean((2, 3)) @ tensors['fc']


def test_the_network_is_the_published_one(package, weights, tmp_path):
    out = str(tmp_path / 'out.pth')
    convert_face_api(package, out)
    cfg = Config.fromfile(
        osp.join(ROOT, 'configs/_base_/models/face_api_embedder.py')).model
    assert cfg.mean == [122.782, 117.001, 104.298] and cfg.std == 256
    embedder = MODELS.build(dict(cfg, path=out))
    images = torch.randint(0, 256, (2, 3, 150, 150), dtype=torch.uint8)
    with torch.no_grad():
        inputs = (images.flip(1).double() -
                  torch.tensor(cfg.mean).view(-1, 1, 1)) / 256
        want = reference(dequantized(weights), inputs)
    assert want.shape == (2, 128) and want.std() > 1e-3
    torch.testing.assert_close(
        embedder(images), want.float(), rtol=1e-3, atol=1e-4)
    assert embedder(images[:, :1, :48, :48]).shape == (2, 128)
    assert torch.load(out)['meta']['license'] == 'MIT'


def test_the_tool(package, tmp_path, monkeypatch, capsys):
    path = osp.join(ROOT, 'tools/model_converters/faceapi_to_mmfermtl.py')
    folder = tmp_path / 'unpacked'
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter='data')
    files = []
    # The archive, the folder around its files, and that folder's inside.
    for source in (package, folder, folder / 'package'):
        out = tmp_path / f'{len(files)}' / 'out.pth'
        monkeypatch.setattr(sys, 'argv', [path, str(source), str(out)])
        runpy.run_path(path, run_name='__main__')
        files.append(out.read_bytes())
        assert f'written: {out}' in capsys.readouterr().out
    assert files[0] == files[1] == files[2]
    FileEmbedder(str(out), network=dict(type='mmfermtl.FaceApiResNet'))
    monkeypatch.setattr(sys, 'argv', [path, 'gone.tgz', str(out)])
    with pytest.raises(SystemExit):
        runpy.run_path(path, run_name='__main__')
    error = capsys.readouterr().err
    assert 'gone.tgz: found no such file' in error and 'npm pack' in error


def test_tensors_of_another_network(weights, tmp_path):
    entries, content = weights
    names = [dict(entry) for entry in entries]
    names[0]['name'] = 'conv16/filters'
    names[-1]['shape'] = [128, 256]
    path = write_package(tmp_path / 'a.tgz', names, content)
    with pytest.raises(
            ValueError,
            match='lacks conv32_down/conv/filters; also has conv16/filters; '
            r'has fc \(128, 256\) instead of \(256, 128\); .*npm pack'):
        convert_face_api(path, str(tmp_path / 'out.pth'))
    assert not os.path.exists(tmp_path / 'out.pth')


def small(**change):
    """A manifest of one tensor of four values, and its reader."""
    weight = dict(
        name='a',
        shape=[2, 2],
        dtype='float32',
        quantization=dict(dtype='uint8', scale=.5, min=-1.))
    for key, value in change.items():
        weight[key] = value
    files = {
        MANIFEST:
        json.dumps(
            [dict(weights=[weight], paths=change.get('paths',
                                                     ['b.bin']))]).encode(),
        'model/b.bin':
        bytes([0, 2, 4, 255])
    }
    return read_tensorflow_js(files.__getitem__, MANIFEST, 'pack', 'try again')


def test_values_of_the_manifest():
    assert small()['a'].tolist() == [[-1, 0], [1, 126.5]]
    two = small(
        shape=[2], quantization=dict(dtype='uint16', scale=1, min=0))['a']
    assert two.tolist() == [512, 4 + 255 * 256] and two.dtype == np.float32


@pytest.mark.parametrize('change, words', [
    (dict(shape=[3]), 'found 4 bytes in b.bin, expected 3'),
    (dict(shape=[10**9, 10**9]), 'found 4 bytes in b.bin, expected 10{18}'),
    (dict(shape=[-1]), 'found .*-1, expected a number of 0 or more'),
    (dict(dtype='string'), "'string', expected 'float32'"),
    (dict(quantization=dict(dtype='uint8', scale='x', min=0)), 'scale'),
    (dict(quantization=dict(dtype='uint8', scale=1e39, min=0)), 'not finite'),
    (dict(quantization=dict(dtype='int4', scale=1, min=0)), 'int4'),
    (dict(paths=['../b.bin']), r"found .*\.\./b.bin', expected a relative"),
    (dict(paths=['/etc/passwd']), 'expected a relative path'),
])
def test_a_manifest_that_is_wrong(change, words):
    with pytest.raises(ValueError, match=f'{words}.*try again'):
        small(**change)


def test_a_shard_outside_of_the_package(weights, tmp_path):
    path = write_package(tmp_path / 'a.tgz', *weights, shard='../../x.bin')
    with pytest.raises(ValueError, match='expected a relative path'):
        convert_face_api(path, str(tmp_path / 'out.pth'))
    path = write_package(tmp_path / 'a.tgz', *weights, shard='x.bin')
    with pytest.raises(ValueError, match='found 0 files package/model/x.bin'):
        convert_face_api(path, str(tmp_path / 'out.pth'))
