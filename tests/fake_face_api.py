"""An npm package in the layout of face-api, with random weights."""
import io
import json
import tarfile
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from mmfermtl.engine.checkpoints.face_api_conversion import MANIFEST
from mmfermtl.models.backbones.face_api_resnet import BLOCKS

SHARD = 'face_recognition_model.bin'


def fake_weights(seed: int = 0) -> Tuple[List[Dict[str, Any]], bytes]:
    """Describe the weights as a manifest does, and make their bytes."""
    rng = np.random.default_rng(seed)
    shapes = [('conv32_down', (7, 7, 3, 32))]
    for name, channels, width, _ in BLOCKS:
        shapes.append((f'{name}/conv1', (3, 3, channels, width)))
        shapes.append((f'{name}/conv2', (3, 3, width, width)))
    entries, content = [], []

    def add(name, shape, low, high, plain=False):
        entry = dict(name=name, shape=list(shape), dtype='float32')
        if plain:
            values = rng.uniform(low, high, shape).astype('<f4')
        else:
            values = rng.integers(0, 256, shape).astype(np.uint8)
            entry['quantization'] = dict(
                dtype='uint8', scale=(high - low) / 255, min=low)
        entries.append(entry)
        content.append(values.tobytes())

    for name, shape in shapes:
        # Some are not quantized, as in the real package.
        limit = 1.5 / np.sqrt(np.prod(shape[:3]))
        add(f'{name}/conv/filters', shape, -limit, limit, 'conv64' in name)
        add(f'{name}/conv/bias', shape[3:], -.1, .1)
        add(f'{name}/scale/weights', shape[3:], .5, 1.5)
        add(f'{name}/scale/biases', shape[3:], -.5, .5)
    add('fc', (256, 128), -.1, .1)
    return entries, b''.join(content)


def write_package(path: Any,
                  entries: List[Dict[str, Any]],
                  content: bytes,
                  shard: str = SHARD,
                  change: Optional[Callable] = None) -> str:
    """Write a ``.tgz`` file; ``change`` may alter each of its members."""
    manifest = json.dumps([dict(weights=entries, paths=[shard])]).encode()
    with tarfile.open(path, 'w:gz', compresslevel=1) as archive:
        for name, data in ((MANIFEST, manifest), (f'model/{SHARD}', content)):
            member = tarfile.TarInfo(f'package/{name}')
            member.size = len(data)
            if change is not None:
                change(member)
            archive.addfile(member, io.BytesIO(data))
    return str(path)
