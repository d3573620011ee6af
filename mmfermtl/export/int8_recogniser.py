"""Make an int8 form of a recogniser, and keep it only if it is as good."""
import contextlib
import io
import logging
import os.path as osp
import tempfile
from typing import Any, Dict, Iterator, NamedTuple, Optional

import numpy as np

from ..inference.onnx_backend import open_session
from ..utils.errors import UserError
from .labelled_faces import LabelledFaces

#: Largest loss of accuracy, in points.
MAX_LOSS = 0.5
#: Below, one face more or less is half a point.
MIN_FACES = 200
#: Faces that the ranges of the activations are taken from: up to these, and
#: this share of all; they are not among those that are compared.
_RANGE_FACES, _RANGE_SHARE = 256, 0.25
_BATCH = 32


class Int8Result(NamedTuple):
    """An int8 recogniser, and how it compares."""

    #: ONNX, None if it was refused.
    content: Optional[bytes]
    #: Accuracies in percent, numbers of faces; for model.json.
    measured: Dict[str, Any]
    #: Why it was refused; '' if it was not.
    reason: str


def make_int8(content: bytes, faces: LabelledFaces) -> Int8Result:
    """Quantize a recogniser, and compare it with the original.

    Weights are symmetric int8, a scale for each output channel; activations
    int8 with the ranges seen on a part of the faces. Weights take seven bits:
    processors without VNNI add two products in 16 bits, which overflow with
    eight, so that accuracies would depend on the processor.

    Args:
        content (bytes): The recogniser, ONNX in float32.
        faces (LabelledFaces): Faces that it was not trained on.

    Returns:
        Int8Result: Refused if it loses more than half a point.

    Raises:
        UserError: If there are too few faces to tell.
    """
    ranges = min(_RANGE_FACES, int(_RANGE_SHARE * len(faces.images)))
    images, labels = faces.images[ranges:], faces.labels[ranges:]
    if len(images) < MIN_FACES:
        least = int(np.ceil(MIN_FACES / (1 - _RANGE_SHARE)))
        raise UserError(f'--int8 {faces.name}: found {len(faces.images)} '
                        f'faces, expected at least {least}: of fewer, half a '
                        'point of accuracy cannot be told from none; give '
                        'more faces that the network was not trained on')
    small = quantize(content, faces.images[:ranges])
    before, after = (_classify(model, images) for model in (content, small))
    measured = dict(
        faces=len(images),
        range_faces=ranges,
        data=osp.basename(osp.normpath(faces.name)),
        accuracy_float32=_percent(before == labels),
        accuracy_int8=_percent(after == labels),
        same_class=_percent(before == after))
    loss = 100 * float(np.mean(before == labels) - np.mean(after == labels))
    if loss > MAX_LOSS:
        return Int8Result(
            None, measured,
            f'int8 refused: accuracy on {len(images)} faces of {faces.name} '
            f'falls from {measured["accuracy_float32"]:.2f} to '
            f'{measured["accuracy_int8"]:.2f} %, {loss:.2f} points, expected '
            f'at most {MAX_LOSS}; use the float32 form')
    return Int8Result(small, measured, '')


def _percent(hits: np.ndarray) -> float:
    return round(100 * float(np.mean(hits)), 4)


def _classify(content: bytes, images: np.ndarray) -> np.ndarray:
    """Classify images ``(N, C, H, W)``; return labels ``(N, )``."""
    session = open_session(content, 'recogniser.onnx', threads=1)
    return np.concatenate([
        session.run(['logits'], dict(faces=batch))[0].argmax(axis=1)
        for batch in _batches(images)
    ])


def _batches(images: np.ndarray) -> Iterator[np.ndarray]:
    return (images[start:start + _BATCH]
            for start in range(0, len(images), _BATCH))


def quantize(content: bytes, images: np.ndarray) -> bytes:
    """Quantize a recogniser, without a look at what it loses.

    Args:
        content (bytes): ONNX in float32.
        images (np.ndarray): ``(N, C, H, W)`` in [-1, 1], which give the
            ranges of the activations.

    Returns:
        bytes: ONNX in int8, see :func:`make_int8`.
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Ranges(quantization.CalibrationDataReader):
        """Give the images to ONNX Runtime."""

        def __init__(self) -> None:
            self.batches = _batches(images)

        def get_next(self) -> Optional[Dict[str, np.ndarray]]:
            batch = next(self.batches, None)
            return None if batch is None else dict(faces=batch)

    with tempfile.TemporaryDirectory() as folder, _quiet():
        original, prepared, quantized = (
            osp.join(folder, f'{name}.onnx') for name in 'abc')
        with open(original, 'wb') as file:
            file.write(content)
        # It fails on the number of faces, which is a symbol.
        quant_pre_process(original, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared,
            quantized,
            Ranges(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QInt8,
            weight_type=quantization.QuantType.QInt8)
        with open(quantized, 'rb') as result:
            return result.read()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the advice of the tools, which is followed."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(level)
