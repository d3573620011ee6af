"""Folders as of `mmfermtl export`, of networks that are made in no time.

They are linear, so that what they answer can be foreseen: each expression
brightens a part of the face of its own.
"""
import hashlib
import json
import os
import os.path as osp
from typing import Any, Dict, Optional, Tuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = ['anger', 'fear', 'happiness', 'sadness']
SIDE = 32
#: Rows of the crop that an expression brightens: in this order forehead,
#: eyes, mouth and chin.
ROWS = [(2, 8), (8, 16), (20, 27), (27, 31)]


def write_toy_export(folder: str,
                     calibration: Optional[Dict[str, Any]] = None,
                     parts: Tuple[str,
                                  ...] = ('recogniser', 'encoder', 'decoder'),
                     **changes: Any) -> str:
    """Write a folder.

    Args:
        folder (str): Made if need be.
        calibration (dict, optional): Of model.json. Defaults to None.
        parts (tuple[str]): Networks to write. Defaults to all.
        **changes: Keys of model.json with other values.

    Returns:
        str: ``folder``.
    """
    os.makedirs(folder, exist_ok=True)
    makers = dict(
        recogniser=_recogniser,
        recogniser_int8=lambda: _recogniser(-1),
        encoder=_encoder,
        decoder=_decoder)
    files = {}
    for part in parts:
        content = makers[part]().SerializeToString()
        files[part] = dict(
            path=f'{part}.onnx',
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content))
        with open(osp.join(folder, f'{part}.onnx'), 'wb') as file:
            file.write(content)
    about = dict(
        format='mmfermtl-onnx-1',
        name='toy',
        classes=CLASSES,
        image_size=[SIDE, SIDE],
        in_channels=1,
        features=int('decoder' in parts),
        change_mask=False,
        calibration=calibration,
        files=files,
        training_facts={},
        licence='Apache-2.0')
    about.update(changes)
    with open(osp.join(folder, 'model.json'), 'w', encoding='utf-8') as file:
        json.dump(about, file)
    return folder


def toy_calibration(*thresholds: float) -> Dict[str, Any]:
    """A calibration: for all classes, or one threshold each."""
    return dict(
        format='mmfermtl-calibration-1',
        temperature=1.,
        classes=CLASSES,
        score='1-p',
        quantiles={'0.9': list(thresholds)})


def _patterns() -> np.ndarray:
    """What each expression adds, ``(E, 1024)``."""
    patterns = np.zeros((len(CLASSES), SIDE, SIDE), np.float32)
    for pattern, (first, last) in zip(patterns, ROWS):
        pattern[first:last, 8:24] = 0.8
    return patterns.reshape(len(CLASSES), -1)


def _value(name: str, *shape: Any) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _model(nodes: list, inputs: list, outputs: list, **tensors: Any) -> Any:
    weights = [numpy_helper.from_array(v, k) for k, v in tensors.items()]
    graph = helper.make_graph(nodes, 'main', inputs, outputs, weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _recogniser(sign: int = 1) -> Any:
    """Logits: how bright, or dark, the part of each expression is."""
    nodes = [
        helper.make_node('Flatten', ['faces'], ['flat']),
        helper.make_node('MatMul', ['flat', 'weights'], ['logits']),
    ]
    return _model(
        nodes, [_value('faces', 'batch', 1, SIDE, SIDE)],
        [_value('logits', 'batch', len(CLASSES))],
        weights=sign * _patterns().T / 16)


def _encoder() -> Any:
    """Features: the faces."""
    node = helper.make_node('Identity', ['faces'], ['features_0'])
    return _model([node], [_value('faces', 'batch', 1, SIDE, SIDE)],
                  [_value('features_0', 'batch', 1, SIDE, SIDE)])


def _decoder() -> Any:
    """Images: the faces, brightened by the target."""
    nodes = [
        helper.make_node('MatMul', ['targets', 'patterns'], ['flat']),
        helper.make_node('Reshape', ['flat', 'shape'], ['added']),
        helper.make_node('Add', ['features_0', 'added'], ['sum']),
        helper.make_node('Clip', ['sum', 'low', 'high'], ['images']),
    ]
    inputs = [
        _value('features_0', 'batch', 1, SIDE, SIDE),
        _value('targets', 'batch', len(CLASSES))
    ]
    return _model(
        nodes,
        inputs, [_value('images', 'batch', 1, SIDE, SIDE)],
        patterns=_patterns(),
        shape=np.array([-1, 1, SIDE, SIDE], np.int64),
        low=np.array(-1, np.float32),
        high=np.array(1, np.float32))
