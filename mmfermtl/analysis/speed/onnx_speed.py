"""Build what ONNX Runtime is measured on: our recogniser and others."""
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Callable, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...export.int8_recogniser import quantize
from ...export.network_parts import RecogniserPart
from ...export.onnx_parts import convert_part
from ...inference.onnx_backend import open_session
from ...stack import missing_export_packages
from ...utils.errors import UserError

#: Random images that give int8 its ranges, on which speed does not depend.
_RANGE_IMAGES = 16


class OtherNetwork(NamedTuple):
    """A network of another package, with random weights."""

    #: What it is called in tables.
    name: str
    #: Takes the number of the round, and classifies a batch.
    run: Callable[[int], Any]


def onnx_call(model: Any, images: Tensor, int8: bool) -> Callable[[int], Any]:
    """Export a recogniser, and return a function that runs it.

    Args:
        model (FERMTL): A model with a head, in evaluation mode.
        images (Tensor): ``(N, C, H, W)`` in [-1, 1], what it classifies.
        int8 (bool): Whether to quantize it, with the ranges of random
            images.

    Raises:
        UserError: If it cannot be converted.
    """
    part = RecogniserPart(model.network)
    example = images[:1].cpu().repeat(2, 1, 1, 1)
    content = convert_part(part, 'recogniser', (example, ), ['faces'],
                           ['logits'])
    if int8:
        generator = np.random.default_rng(0)
        shape = (_RANGE_IMAGES, *images.shape[1:])
        content = quantize(content,
                           generator.uniform(-1, 1, shape).astype(np.float32))
    return _session_call(content, 'recogniser', images.cpu().numpy())


def other_network(name: str, images: int, classes: int) -> OtherNetwork:
    """Build a network of timm with random weights, and export it likewise.

    Args:
        name (str): ``'timm:NAME'`` or ``'timm:NAME@SIDE'``, the side of its
            colour images in pixels; by default that of its own weights.
        images (int): Images of a batch.
        classes (int): Number of classes.

    Raises:
        UserError: If there is no such network, or timm is not installed.
    """
    package, _, rest = name.partition(':')
    model_name, _, side = rest.partition('@')
    if package != 'timm' or not model_name or (side and not side.isdecimal()):
        raise UserError(f'compared network {name!r}: expected timm:NAME or '
                        'timm:NAME@SIDE, such as timm:efficientnet_b0@224')
    missing = missing_export_packages()
    if find_spec('timm') is None:
        missing.append('timm')
    if missing:
        raise UserError(f'compared network {name!r}: needs '
                        f'{", ".join(missing)}, not installed here; install '
                        'them, or leave it out')
    # No package of ours needs it.
    timm = import_module('timm')
    try:
        model = timm.create_model(
            model_name, pretrained=False, num_classes=classes).eval()
    except RuntimeError as error:
        raise UserError(f'compared network {name!r}: {error}') from None
    pixels = int(side or model.pretrained_cfg['input_size'][-1])
    content = convert_part(model, model_name,
                           (torch.zeros(2, 3, pixels, pixels), ), ['faces'],
                           ['logits'])
    batch = np.random.default_rng(0).uniform(-1, 1,
                                             (images, 3, pixels, pixels))
    return OtherNetwork(
        f'{model_name} of timm, {pixels} px, onnx',
        _session_call(content, model_name, batch.astype(np.float32)))


def _session_call(content: bytes, name: str,
                  batch: np.ndarray) -> Callable[[int], Any]:
    """Open ONNX with as many threads as PyTorch has."""
    session = open_session(content, name, threads=torch.get_num_threads())

    def call(number: int) -> Any:
        return session.run(['logits'], dict(faces=batch))

    return call
