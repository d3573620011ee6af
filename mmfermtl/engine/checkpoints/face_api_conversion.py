"""Convert the face recognition network of face-api to PyTorch."""
import io
from typing import Dict, List, Tuple

import numpy as np
import torch
from torch import Tensor

from ...models.backbones.face_api_resnet import BLOCKS, FaceApiResNet
from ...utils.atomic_files import write_whole
from ...utils.npm_package import NpmPackage
from ...utils.safe_loading import shorten
from ...utils.safe_loading.tensorflow_js import read_tensorflow_js

#: The package that the layout of the weights was read from.
PACKAGE = '@vladmandic/face-api@1.7.15'
MANIFEST = 'model/face_recognition_model-weights_manifest.json'
HINT = f'give the file that `npm pack {PACKAGE}` downloads'


def convert_face_api(source: str, out: str) -> None:
    """Convert the network of a package to a file for ``FaceApiResNet``.

    Args:
        source (str): ``.tgz`` file of the npm package, or a folder that it
            was unpacked to. Nothing in it is run.
        out (str): File of weights to write.

    Raises:
        ValueError: If the package is damaged, unsafe or of another network.
        OSError: If the result cannot be written.
    """
    package = NpmPackage(source, HINT)
    tensors = read_tensorflow_js(package.read, MANIFEST, source, HINT)
    state = convert_tensors(tensors, f'{source}: {MANIFEST}')
    content = io.BytesIO()
    meta = dict(converted_from=PACKAGE, license='MIT')
    torch.save(dict(state_dict=state, meta=meta), content)
    write_whole(out, content.getvalue())


def convert_tensors(tensors: Dict[str, np.ndarray],
                    place: str) -> Dict[str, Tensor]:
    """Convert named tensors to the state of a :class:`FaceApiResNet`.

    A convolution is followed by a scale and a shift of each channel; both
    become part of its weight and bias.

    Args:
        tensors (dict[str, np.ndarray]): By the names of the package.
        place (str): Where they are from, for messages.

    Returns:
        dict[str, Tensor]: The state, float32.

    Raises:
        ValueError: If names or shapes are not those of the network.
    """
    network = FaceApiResNet()
    wanted = network.state_dict()
    layers = _name_layers()
    shapes = dict(fc=tuple(wanted['fc.weight'].shape[::-1]))
    for theirs, ours in layers:
        out, *others = wanted[f'{ours}.weight'].shape
        # Theirs are (height, width, in, out).
        shapes[f'{theirs}/conv/filters'] = (*others[1:], others[0], out)
        for name in ('conv/bias', 'scale/weights', 'scale/biases'):
            shapes[f'{theirs}/{name}'] = (out, )
    _check_shapes(tensors, shapes, place)
    state = {'fc.weight': tensors['fc'].T}
    for theirs, ours in layers:
        filters, bias, scale, shift = (
            tensors[f'{theirs}/{name}'].astype(np.float64)
            for name in ('conv/filters', 'conv/bias', 'scale/weights',
                         'scale/biases'))
        state[f'{ours}.weight'] = (filters * scale).transpose(3, 2, 0, 1)
        state[f'{ours}.bias'] = bias * scale + shift
    return {
        name: torch.from_numpy(np.ascontiguousarray(state[name], np.float32))
        for name in wanted
    }


def _name_layers() -> List[Tuple[str, str]]:
    """List the convolutions by their name in the package and in ours."""
    names = [('conv32_down', 'conv32_down')]
    for block, *_ in BLOCKS:
        names += [(f'{block}/{conv}', f'blocks.{block}.{conv}')
                  for conv in ('conv1', 'conv2')]
    return names


def _check_shapes(tensors: Dict[str, np.ndarray],
                  wanted: Dict[str, Tuple[int, ...]], place: str) -> None:
    """Raise an error if names or shapes differ."""
    missing = sorted(set(wanted) - set(tensors))
    unknown = sorted(set(tensors) - set(wanted))
    reshaped = [
        f'{name} {tensors[name].shape} instead of {shape}'
        for name, shape in wanted.items()
        if name in tensors and tensors[name].shape != shape
    ]
    found = '; '.join(f'{kind} {shorten(names)}'
                      for kind, names in (('lacks', missing), ('also has',
                                                               unknown),
                                          ('has', reshaped)) if names)
    if found:
        raise ValueError(f'{place}: {found}; expected the {len(wanted)} '
                         f'tensors of the network in {PACKAGE}: {HINT}')
