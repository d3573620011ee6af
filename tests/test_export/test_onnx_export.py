"""Exported networks compute what the originals do, or are not kept."""
import os
import os.path as osp
from collections import Counter

import numpy as np
import pytest
import torch
from exported_models import CLASSES, read_about, tiny_source

from mmfermtl import stack
from mmfermtl.export import export_onnx
from mmfermtl.export import onnx_export as module
from mmfermtl.export.onnx_parts import convert_parts
from mmfermtl.inference import load_backend
from mmfermtl.inference.onnx_backend import OnnxBackend
from mmfermtl.structures import to_picture
from mmfermtl.utils.errors import UserError

#: Other parts than those of the exported model of the tests.
NETWORKS = dict(
    recognition=dict(generator=None),
    synthesis=dict(
        head=None,
        generator=dict(upsample='deconv2', change_mask=False, warp=False)),
    colour=dict(
        backbone=dict(in_channels=3),
        generator=dict(
            label='modulation',
            upsample='deconv4',
            out_channels=3,
            warp_interpolation='bicubic')),
    figure=dict(
        backbone=dict(
            arch='tiny_figure', channels=(4, 4, 8), exchange=(0, 1, 2)),
        generator=dict(
            in_channels=4,
            skip_channels=(4, 4, 4),
            upsample=('conv', 'nearest', 'nearest'),
            out_kernel=1)))


def draw(count, seed=0):
    generator = np.random.default_rng(seed)
    faces = generator.integers(0, 256, (count, 32, 32), np.uint8)
    targets = generator.dirichlet(np.ones(4), count).astype(np.float32)
    return faces, targets


def check_backend(source, backend, count):
    """Compare with the network itself."""
    faces, targets = draw(count, count)
    inputs = torch.from_numpy(faces).float()[:, None] / 127.5 - 1
    inputs = inputs.expand(-1, source.in_channels, -1, -1)
    network = source.model.network
    with torch.no_grad():
        if network.head is not None:
            np.testing.assert_allclose(
                backend.predict(faces),
                source.model.raw_outputs(inputs),
                atol=1e-4)
        if network.generator is None:
            return
        fakes = network(inputs, (torch.from_numpy(targets), )).fakes[0]
        flow = None
        if getattr(network.generator, 'warp', False):
            flow = network.generator.generate(
                network.backbone(inputs, branches='fes'),
                torch.from_numpy(targets), inputs)[1].numpy() * 16
    found, moved = backend.decode(backend.encode(faces), targets)
    assert (moved is None) == (flow is None)
    if flow is not None:
        # In pixels of 32.
        assert np.abs(flow).max() > 0.1
        np.testing.assert_allclose(moved, flow, atol=1e-3)
    assert found.dtype == np.uint8 and found.shape == faces.shape
    expected = to_picture(fakes).float().mean(dim=1)
    assert np.abs(found - expected.numpy()).max() <= 1


@pytest.mark.parametrize('name', NETWORKS)
def test_parts_compute_what_the_network_does(name, tmp_path):
    source, out = tiny_source(**NETWORKS[name]), str(tmp_path / 'out')
    result = export_onnx(source, out)
    assert not result.refusal
    files = set(os.listdir(out))
    expected = {'model.json', 'MODEL_CARD.md'}
    if source.model.network.head is not None:
        expected |= {'recogniser.onnx'}
    if source.model.network.generator is not None:
        expected |= {'encoder.onnx', 'decoder.onnx'}
    assert files == expected
    backend = OnnxBackend(out, threads=1)
    assert backend.can_edit == ('encoder.onnx' in files)
    for count in (1, 2, 5):
        check_backend(source, backend, count)


def test_a_change_mask_and_facts(exported):
    source = tiny_source()
    backend = load_backend(exported)
    assert isinstance(backend, OnnxBackend)
    assert backend.classes == CLASSES and backend.image_size == (32, 32)
    assert backend.name == 'tiny' and backend.calibration is None
    check_backend(source, backend, 3)
    about = read_about(exported)
    assert about['change_mask'] and about['features'] == 4
    assert about['training_facts'] == source.facts
    assert max(about['parity'].values()) <= 1e-4
    assert set(about['parity']) == {'logits', 'images'}
    with open(osp.join(exported, 'MODEL_CARD.md'), encoding='utf-8') as file:
        card = file.read()
    for entry in about['files'].values():
        assert entry['sha256'] in card and entry['path'] in card
    for words in ('SyntheticFaces, train, fold 0', 'AI Act', 'not calibrated',
                  ', '.join(CLASSES), '12 images'):
        assert words in card, words


def test_weights_of_upsampling_are_stored_and_places_are_not(exported):
    import onnx
    model = onnx.load(osp.join(exported, 'decoder.onnx'))
    kinds = Counter(node.op_type for node in model.graph.node)
    assert 'ConvTranspose' in kinds
    # What computes one kernel from another, at every start.
    assert not kinds.keys() & {'Pad', 'Slice', 'BatchNormalization'}
    # Of the places that a flow displaces.
    assert kinds['Transpose'] == kinds['GridSample'] == 1
    for name in ('recogniser', 'encoder', 'decoder'):
        with open(osp.join(exported, f'{name}.onnx'), 'rb') as file:
            content = file.read()
        assert b'.py' not in content and b'File "' not in content


@pytest.fixture(scope='module')
def parts():
    return convert_parts(tiny_source(generator=None))


@pytest.fixture
def quick(monkeypatch, parts):
    """Skip the conversion, where other things are tested."""
    monkeypatch.setattr(module, 'convert_parts', lambda source: parts)


def test_the_same_network_gives_the_same_bytes(parts):
    assert convert_parts(tiny_source(generator=None)) == parts


@pytest.mark.parametrize('shift', [1e-3, float('nan')])
def test_what_differs_is_not_kept(tmp_path, quick, shift):
    source = tiny_source(generator=None)
    with torch.no_grad():
        source.model.network.head.fc.bias[0] += shift
    with pytest.raises(UserError, match='logits of 1 faces .*at most 1e-04'):
        export_onnx(source, str(tmp_path / 'out'))
    assert not os.listdir(tmp_path)


def test_a_network_that_cannot_be_converted(tmp_path):
    source = tiny_source(generator=None)

    def forward(feats):
        # Depends on the values.
        return feats[-1].flatten(1)[:, :4] if feats[-1].sum() > 0 else 0

    source.model.network.head.forward = forward
    with pytest.raises(UserError, match='the recogniser cannot be converted'):
        export_onnx(source, str(tmp_path / 'out'))
    assert not os.listdir(tmp_path)


def test_folders(tmp_path, quick):
    source = tiny_source(generator=None)
    out = tmp_path / 'a' / 'out'
    export_onnx(source, str(out))
    with pytest.raises(UserError, match='has an export already'):
        export_onnx(source, str(out))
    # What the new one has not is removed.
    (out / 'recogniser_int8.onnx').write_bytes(b'old')
    source.name = 'second'
    export_onnx(source, str(out), overwrite=True)
    assert read_about(str(out))['name'] == 'second'
    assert sorted(
        os.listdir(out)) == ['MODEL_CARD.md', 'model.json', 'recogniser.onnx']
    (out / 'thesis.txt').touch()
    with pytest.raises(UserError, match='found thesis.txt'):
        export_onnx(source, str(out), overwrite=True)
    with pytest.raises(UserError, match='this is a file'):
        export_onnx(source, str(out / 'thesis.txt'))
    empty = tmp_path / 'empty'
    empty.mkdir()
    export_onnx(source, str(empty))
    assert load_backend(str(empty)).name == 'second'
    target = tmp_path / 'target'
    target.mkdir()
    (tmp_path / 'link').symlink_to(target)
    export_onnx(source, str(tmp_path / 'link'))
    assert load_backend(str(target)).name == 'second'
    # Nothing else is left beside them.
    assert sorted(os.listdir(tmp_path)) == ['a', 'empty', 'link', 'target']
    assert os.listdir(tmp_path / 'a') == ['out']


def test_an_export_that_is_killed_is_seen(tmp_path, quick, monkeypatch):
    source, out = tiny_source(generator=None), str(tmp_path / 'out')
    export_onnx(source, out)
    replace, count = os.replace, []

    def killed(old, new):
        if osp.dirname(new) == out:
            count.append(new)
            if len(count) == 2:
                raise KeyboardInterrupt
        replace(old, new)

    monkeypatch.setattr(os, 'replace', killed)
    with pytest.raises(KeyboardInterrupt):
        export_onnx(source, out, overwrite=True)
    with pytest.raises(UserError, match='found no model.json'):
        OnnxBackend(out)
    monkeypatch.undo()
    export_onnx(source, out, overwrite=True)
    assert os.listdir(tmp_path) == ['out']


def test_missing_packages(tmp_path, monkeypatch):
    monkeypatch.setattr(stack, '_is_installed', lambda name: name != 'onnx')
    with pytest.raises(ImportError, match=r'needs onnx, .*mmfermtl\[export\]'):
        export_onnx(tiny_source(generator=None), str(tmp_path / 'out'))
