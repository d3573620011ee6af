"""Read and write weights as safetensors, with a description beside them.

The format holds tensors and strings alone, so that reading runs no code; the
package ``safetensors`` is that of its authors.
"""
import json
import os.path as osp
from typing import Any, Dict, Tuple

import torch
from torch import Tensor

from ..atomic_files import write_whole
from ..json_documents import plain

#: Where the description is in the metadata of a file.
KEY = 'mmfermtl'
SUFFIX = '.safetensors'


def write_safetensors(path: str, state: Dict[str, Tensor],
                      description: Dict[str, Any]) -> None:
    """Write tensors and a description in one step.

    Args:
        path (str): The file, ``*.safetensors``.
        state (dict[str, Tensor]): On the CPU.
        description (dict): What JSON can hold.
    """
    from safetensors.torch import save
    text = json.dumps(plain(description), allow_nan=False, sort_keys=True)
    state = {name: value.contiguous() for name, value in state.items()}
    write_whole(path, save(state, {'format': 'pt', KEY: text}))


def read_safetensors(path: str) -> Tuple[Dict[str, Tensor], Any]:
    """Read a file of :func:`write_safetensors`, or of others.

    Args:
        path (str): The file.

    Returns:
        tuple: The tensors by name, on the CPU, and the description; None if
        the file has none.

    Raises:
        ValueError: If the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open
    if not osp.isfile(path):
        raise ValueError(f'weights {path} are not a file: expected one such '
                         f'as NAME{SUFFIX}')
    try:
        with safe_open(path, framework='pt') as file:
            state = {name: file.get_tensor(name) for name in file.keys()}
            text = (file.metadata() or {}).get(KEY)
        description = None if text is None else json.loads(text)
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise ValueError(
            f'weights {path} are damaged or no safetensors '
            f'({type(error).__name__}: {str(error)[:200]}); expected a '
            'complete file of tools/model_converters/publish_model.py; copy '
            'or download it again') from error
    return state, description


def half_precision(state: Dict[str, Tensor]) -> Dict[str, Tensor]:
    """Round weights to float16, but not the statistics of batch norms.

    Raises:
        ValueError: If a value is too large for float16.
    """
    small = {}
    for name, value in state.items():
        if value.is_floating_point() and 'running_' not in name:
            value = value.to(torch.float16)
            if not value.isfinite().all():
                raise ValueError(f'{name} holds values that float16 cannot '
                                 'hold; write the weights in float32')
        small[name] = value
    return small
