"""Read the weights of TensorFlow.js: a manifest and binary shards."""
import math
import posixpath
from typing import Any, Callable, Dict

import numpy as np

from ..contained_files import INNER_PATH
from ..json_documents import NUMBER, Rule, parse_json

#: Types of the stored numbers, which are little-endian.
_TYPES = dict(float32='<f4', uint8='<u1', uint16='<u2')
_SIDE = Rule('a number of 0 or more', lambda v: type(v) is int and v >= 0)
_WEIGHT = {
    'name': str,
    'shape': [_SIDE],
    'dtype': Rule("'float32'", lambda v: v == 'float32'),
    'quantization?': {
        'dtype': Rule("'uint8' or 'uint16'", lambda v: v in
                      ('uint8', 'uint16')),
        'scale': NUMBER,
        'min': NUMBER
    }
}
_MANIFEST = [{'weights': [_WEIGHT], 'paths': [INNER_PATH]}]


def read_tensorflow_js(read: Callable[[str], bytes],
                       manifest: str,
                       place: str,
                       hint: str = '') -> Dict[str, np.ndarray]:
    """Read all tensors that a weights manifest describes.

    Quantized ones become ``stored * scale + min``.

    Args:
        read (Callable): Reads a file by its name.
        manifest (str): Name of the manifest, a JSON file. The shards that it
            names are relative to its folder.
        place (str): Where the files are, for messages.
        hint (str): How to replace unusable files. Defaults to ''.

    Returns:
        dict[str, np.ndarray]: float32 arrays by name.

    Raises:
        ValueError: If the manifest is malformed, or the shards do not hold
            exactly what it describes, or a number is not finite.
    """
    where = f'{place}: {manifest}'
    end = f'; {hint}' if hint else ''
    groups = parse_json(read(manifest), where, _MANIFEST, hint)
    tensors: Dict[str, np.ndarray] = {}
    for group in groups:
        folder = posixpath.dirname(manifest)
        data = b''.join(
            read(posixpath.join(folder, path)) for path in group['paths'])
        wanted = sum(map(_count_bytes, group['weights']))
        # Before anything is made of a size that the manifest names.
        if len(data) != wanted:
            raise ValueError(
                f'{place}: found {len(data)} bytes in '
                f'{", ".join(group["paths"])}, expected {wanted} as '
                f'{manifest} describes them{end}')
        start = 0
        for weight in group['weights']:
            name, stop = weight['name'], start + _count_bytes(weight)
            if name in tensors:
                raise ValueError(f'{where}: found two tensors {name:.60}, '
                                 f'expected one{end}')
            tensors[name] = _restore(weight, data[start:stop])
            if not np.isfinite(tensors[name]).all():
                raise ValueError(f'{where}: found numbers in {name:.60} that '
                                 f'are not finite, expected weights{end}')
            start = stop
    return tensors


def _stored_type(weight: Dict[str, Any]) -> np.dtype:
    kind = weight.get('quantization', weight)['dtype']
    return np.dtype(_TYPES[kind])


def _count_bytes(weight: Dict[str, Any]) -> int:
    """Count the stored bytes of a tensor."""
    return math.prod(weight['shape']) * _stored_type(weight).itemsize


def _restore(weight: Dict[str, Any], data: bytes) -> np.ndarray:
    """Turn stored bytes into a float32 array."""
    values = np.frombuffer(data, _stored_type(weight))
    if 'quantization' in weight:
        scale, low = (weight['quantization'][k] for k in ('scale', 'min'))
        with np.errstate(over='ignore'):
            values = values * np.float64(scale) + low
            values = values.astype(np.float32)
    return values.astype(np.float32).reshape(weight['shape'])
