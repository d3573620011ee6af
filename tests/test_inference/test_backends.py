"""Networks are loaded by name, file or config, and only what is sound."""
import json

import numpy as np
import pytest
import torch
from tiny_weights import (CALIBRATION, CLASSES, SIZE, write_config,
                          write_weights)

from mmfermtl.inference import load_backend
from mmfermtl.utils.errors import UserError, is_user_error


@pytest.fixture
def weights(tmp_path):
    return write_weights(str(tmp_path / 'tiny.safetensors'))


def faces(count=3):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, SIZE, SIZE), np.uint8)


def test_logits_are_those_of_the_model(weights):
    backend = load_backend(weights, device='cpu')
    assert backend.classes == CLASSES and backend.image_size == (SIZE, SIZE)
    assert backend.name == 'tiny' and backend.can_edit
    assert backend.calibration is None
    found = backend.predict(faces())
    assert found.shape == (3, 4) and found.dtype == np.float32
    with torch.no_grad():
        inputs = torch.from_numpy(faces()).float()[:, None] / 127.5 - 1
        wanted = backend.model(inputs).softmax(dim=1).numpy()
    scores = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, wanted, atol=1e-5)


def test_generated_faces_are_those_of_the_model(weights):
    backend = load_backend(weights=weights, device='cpu')
    features = backend.encode(faces())
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2]]
    found, flow = backend.decode(features, targets)
    assert flow is None
    assert found.shape == (3, SIZE, SIZE) and found.dtype == np.uint8
    inputs = torch.from_numpy(faces()).float()[:, None] / 127.5 - 1
    with torch.no_grad():
        network = backend.model.network
        wanted = network(inputs, (torch.from_numpy(targets), )).fakes[0]
    wanted = ((wanted[:, 0] + 1) * 127.5).round().numpy()
    np.testing.assert_allclose(found, wanted, atol=1)
    # The encoder need not run again for other targets.
    other = backend.decode(features, targets[::-1].copy()).faces
    assert (other[1] == found[1]).all() and (other[0] != found[0]).any()


def test_a_recogniser_alone_cannot_edit(tmp_path):
    path = write_weights(str(tmp_path / 'a.safetensors'), generator=False)
    backend = load_backend(path, device='cpu', threads=1)
    assert not backend.can_edit
    assert backend.predict(faces()).shape == (3, 4)
    with pytest.raises(UserError, match='no generator'):
        backend.encode(faces())


def test_calibration_travels_with_the_weights(tmp_path):
    path = write_weights(
        str(tmp_path / 'a.safetensors'), calibration=CALIBRATION)
    assert load_backend(path, device='cpu').calibration == CALIBRATION


def test_a_config_and_its_checkpoint(tmp_path):
    config, checkpoint = write_config(str(tmp_path))
    backend = load_backend(config, checkpoint, 'cpu')
    assert backend.image_size == (SIZE, SIZE) and backend.name == 'tiny'
    assert backend.classes == CLASSES
    assert backend.predict(faces()).shape == (3, 4)


def wrong(tmp_path):
    """Arguments, and a part of the message that they should give."""
    path = write_weights(str(tmp_path / 'tiny.safetensors'))
    (tmp_path / 'text.safetensors').write_text('no weights')
    (tmp_path / 'empty').mkdir()
    export = tmp_path / 'export'
    export.mkdir()
    (export / 'model.json').write_text(json.dumps({}))
    return [
        (dict(model='nope'), 'fermtl_tiny_ferplus) or of a model of the'),
        (dict(model=str(tmp_path / 'text.safetensors')), 'text.safetensors'),
        (dict(model=str(tmp_path / 'none.safetensors')), 'none.safetensors'),
        (dict(weights='nope.pth'), 'needs the config'),
        (dict(model=path, weights=path), 'leave one of the two out'),
        (dict(model='configs/fermtl_ckplus48.py'), 'a config needs weights'),
        (dict(model='missing.py', weights='a.pth'), 'missing.py'),
        (dict(model='fermtl-tiny_ckplus48'), 'has no published weights'),
        (dict(model=path, device='nope:1'), "device 'nope:1'"),
        (dict(backend='tf'), "'torch' or 'onnx'"),
        (dict(backend='onnx'), 'mmfermtl export'),
        (dict(model=str(tmp_path / 'empty'),
              backend='onnx'), 'mmfermtl export'),
        (dict(model=str(export), backend='torch'), 'exported'),
        (dict(model=path, precision='int8'), 'mmfermtl export --int8'),
        (dict(precision='int8'), 'fermtl_tiny_ferplus has no such form'),
    ]


@pytest.mark.parametrize('number', range(15))
def test_wrong_models_are_refused(number, tmp_path):
    arguments, part = wrong(tmp_path)[number]
    with pytest.raises((ValueError, OSError)) as error:
        load_backend(**arguments)
    assert is_user_error(error.value), arguments
    assert part in str(error.value)


@pytest.mark.parametrize('changes', [
    dict(classes=['anger', 'fear']),
    dict(pipeline=[dict(type='mmfermtl.LoadFace', color_type='color')]),
])
def test_descriptions_that_do_not_fit(changes, tmp_path):
    path = write_weights(str(tmp_path / 'a.safetensors'), **changes)
    with pytest.raises(UserError):
        load_backend(path, device='cpu')
