"""The int8 form is as good as the original, or refused."""
import os
import os.path as osp

import cv2
import numpy as np
import pytest
import torch
from exported_models import CLASSES, PIPELINE, read_about, tiny_source

from mmfermtl.export import export_onnx, int8_recogniser
from mmfermtl.export.int8_recogniser import make_int8
from mmfermtl.export.labelled_faces import LabelledFaces, read_labelled_faces
from mmfermtl.export.onnx_parts import convert_parts
from mmfermtl.inference.onnx_backend import OnnxBackend
from mmfermtl.utils.errors import UserError


def brightness_source():
    """A network that tells dark faces from bright ones."""
    source = tiny_source(generator=None)
    head = source.model.network.head
    faces = bright_faces(64)
    with torch.no_grad():
        feats = head.pre_logits(
            source.model.network(torch.from_numpy(faces.images)).fer_feats)
        bright = torch.from_numpy(faces.labels == 1)
        low, high = feats[~bright].mean(0), feats[bright].mean(0)
        head.fc.weight.zero_()
        head.fc.bias.fill_(-100)
        head.fc.weight[0], head.fc.weight[1] = low - high, high - low
        middle = (high - low) @ (high + low) / 2
        head.fc.bias[0], head.fc.bias[1] = middle, -middle
    return source


def bright_faces(count):
    """Dark faces of the class 0, bright ones of the class 1."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    noise = generator.random((count, 1, 32, 32)) / 2
    images = noise - 0.75 + labels.reshape(-1, 1, 1, 1)
    return LabelledFaces(images.astype(np.float32), labels, 'data/own')


@pytest.fixture(scope='module')
def bright():
    source = brightness_source()
    return source, convert_parts(source)['recogniser']


def test_what_is_as_good_is_kept(bright, tmp_path):
    source, _ = bright
    faces, out = bright_faces(400), str(tmp_path / 'out')
    result = export_onnx(source, out, faces)
    assert not result.refusal
    about = read_about(out)
    assert about['int8'] == dict(
        faces=300,
        range_faces=100,
        data='own',
        accuracy_float32=100.,
        accuracy_int8=100.,
        same_class=100.)
    sizes = {k: v['bytes'] for k, v in about['files'].items()}
    assert sizes.keys() == {'recogniser', 'recogniser_int8'}
    pictures = ((faces.images[:6, 0] + 1) * 127.5).round().astype(np.uint8)
    plain = OnnxBackend(out, threads=1).predict(pictures)
    small = OnnxBackend(out, precision='int8', threads=1).predict(pictures)
    assert (small.argmax(1) == faces.labels[:6]).all()
    assert 0 < np.abs(plain - small).max()
    with open(osp.join(out, 'MODEL_CARD.md'), encoding='utf-8') as file:
        assert 'Accuracy on 300 faces of own: 100.00 %' in file.read()


def test_scales_are_those_of_channels_and_weights_have_seven_bits(bright):
    import onnx
    from onnx import numpy_helper
    source, content = bright
    result = make_int8(content, bright_faces(400))
    graph = onnx.load_model_from_string(result.content).graph
    kinds = {node.op_type for node in graph.node}
    assert {'QuantizeLinear', 'DequantizeLinear', 'Conv'} <= kinds
    arrays = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    weights = [a for a in arrays.values() if a.dtype == np.int8 and a.ndim > 1]
    assert weights and max(np.abs(w.astype(int)).max() for w in weights) <= 64
    scales = [a for n, a in arrays.items() if n.endswith('weight_scale')]
    assert scales and any(a.size > 1 for a in scales)


def test_what_is_worse_is_refused(bright, tmp_path, monkeypatch):
    source, content = bright
    classify = int8_recogniser._classify

    def worse(model, images):
        found = classify(model, images)
        if model != content:
            found[:2] = 1 - found[:2]
        return found

    monkeypatch.setattr(int8_recogniser, '_classify', worse)
    # 2 of 300 faces are 0.67 points, 2 of 450 are 0.44.
    result = make_int8(content, bright_faces(400))
    assert result.content is None
    for words in ('300 faces of data/own', 'from 100.00 to 99.33 %',
                  'at most 0.5'):
        assert words in result.reason
    assert make_int8(content, bright_faces(600)).content is not None
    out = str(tmp_path / 'out')
    refused = export_onnx(source, out, bright_faces(400))
    assert refused.refusal and read_about(out)['int8'] is None
    # The other form is there, and says that there is no int8.
    with pytest.raises(UserError, match='no recogniser in int8'):
        OnnxBackend(out, precision='int8')


def test_too_few_faces(bright):
    with pytest.raises(UserError, match='found 264 .* at least 267'):
        make_int8(bright[1], bright_faces(264))
    assert make_int8(bright[1], bright_faces(267)).content


def test_a_network_without_a_head(tmp_path):
    with pytest.raises(UserError, match='has no head'):
        export_onnx(
            tiny_source(head=None), str(tmp_path / 'out'), bright_faces(400))
    assert not os.listdir(tmp_path)


def save_faces(root, names, count=2):
    for number, name in enumerate(names):
        os.makedirs(root / name)
        for k in range(count):
            image = np.full((40, 40), 40 * number + k, np.uint8)
            image[0] = 0
            cv2.imwrite(str(root / name / f'{k}.png'), image)


def test_a_folder_of_class_folders(tmp_path):
    # Another spelling, a class the network has not, and one without images.
    save_faces(tmp_path, ['Angry', 'happy', 'disgust', 'sadness'])
    source = tiny_source(generator=None)
    faces = read_labelled_faces(str(tmp_path), source)
    assert faces.images.shape == (6, 1, 32, 32)
    assert faces.images.dtype == np.float32
    for image, label in zip(faces.images, faces.labels):
        level = (image[0, 16, 16] + 1) * 127.5
        assert CLASSES[label] == ['anger', 'happiness', '',
                                  'sadness'][round(float(level)) // 40]
    again = read_labelled_faces(str(tmp_path), source)
    np.testing.assert_array_equal(faces.labels, again.labels)
    source.in_channels = 3
    assert read_labelled_faces(str(tmp_path),
                               source).images.shape == (6, 3, 32, 32)


def test_folders_that_will_not_do(tmp_path):
    source = tiny_source(generator=None)
    with pytest.raises(FileNotFoundError, match='gone'):
        read_labelled_faces(str(tmp_path / 'gone'), source)
    save_faces(tmp_path, ['disgust'])
    with pytest.raises(UserError, match='found no image of anger, fear'):
        read_labelled_faces(str(tmp_path), source)
    (tmp_path / 'fear').mkdir()
    (tmp_path / 'fear' / 'a.png').write_bytes(b'no picture')
    with pytest.raises(ValueError, match='a.png'):
        read_labelled_faces(str(tmp_path), source)


def test_the_test_set_of_a_config(tmp_path):
    config = tmp_path / 'faces.py'
    dataset = dict(
        type='mmfermtl.SyntheticFaces',
        num_subjects=2,
        image_size=32,
        split='all',
        classes=CLASSES,
        pipeline=PIPELINE)
    config.write_text(f'test_dataloader = dict(dataset={dataset})\n')
    source = tiny_source(generator=None)
    faces = read_labelled_faces(str(config), source)
    assert set(faces.labels.tolist()) == {0, 1, 2, 3}
    assert faces.images.shape[1:] == (1, 32, 32)
    source.classes = CLASSES[::-1]
    with pytest.raises(UserError, match='anger, fear.* expected sadness'):
        read_labelled_faces(str(config), source)
