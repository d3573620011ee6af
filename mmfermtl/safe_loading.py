"""Load weights safely, and say where they do not fit.

MMEngine falls back to unpickling arbitrary objects when a safe load fails,
and goes on with random weights when keys do not match. Here both are errors.
"""
import os.path as osp
import re
from pickle import UnpicklingError
from typing import Any, Dict, List, Sequence
from zipfile import is_zipfile

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from torch import Tensor


def _history_method(owner: type, name: str) -> Any:
    """Stand in for ``getattr``, which a saved HistoryBuffer calls."""
    if owner is HistoryBuffer and not name.startswith('_'):
        return getattr(owner, name)
    raise UnpicklingError(f'attribute {name} of {owner} is not allowed')


def allow_mmengine_globals() -> None:
    """Let ``torch.load(weights_only=True)`` read what MMEngine saves.

    These are the loss histories: buffers of numpy arrays. MMEngine 0.10.7
    and older lack an allow-list of their own.
    """
    # The functions that make arrays and scalars anew, under their names in
    # files of NumPy 1 and 2: each reads what the other has saved.
    makers = [value.__reduce__()[0] for value in (np.zeros(0), np.float64(0))]
    named = [(maker, f'numpy.{core}.multiarray.{maker.__name__}')
             for maker in makers for core in ('core', '_core')]
    dtypes = {type(np.dtype(t)) for t in ('f4', 'f8', 'i4', 'i8', 'u4')}
    torch.serialization.add_safe_globals([
        HistoryBuffer, np.ndarray, np.dtype, *named, *dtypes,
        (_history_method, 'builtins.getattr')
    ])


def load_checkpoint_safely(path: str) -> Dict[str, Any]:
    """Load a checkpoint file to the CPU without running code from it.

    Args:
        path (str): A file saved by MMEngine, or a bare state dict.

    Returns:
        dict: The checkpoint; ``'state_dict'`` maps names to tensors.

    Raises:
        ValueError: If the file is missing, empty, damaged, not a checkpoint,
            or cannot be loaded safely.
    """
    if re.match(r'[\w+-]+://', path):
        raise ValueError(f'checkpoint {path} is an address: download the file '
                         'and give its path')
    if not osp.isfile(path):
        raise ValueError(f'checkpoint {path} is not a file: expected a .pth '
                         'file such as work_dirs/NAME/epoch_N.pth')
    if osp.getsize(path) == 0:
        raise ValueError(f'checkpoint {path} is empty (0 bytes), as a full '
                         'disk or a killed run leaves it; use another one')
    allow_mmengine_globals()
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:  # torch has no common base for these
        if isinstance(error, UnpicklingError) and is_zipfile(path):
            found = re.search(r'GLOBAL (\S+)', str(error))
            what = found.group(1) if found else 'Python objects'
            raise ValueError(
                f'checkpoint {path} cannot be loaded safely: it holds {what}, '
                'which could run code; expected tensors, numbers and strings. '
                'Save its state dict alone where you trust it') from error
        raise ValueError(
            f'checkpoint {path} is damaged or is no checkpoint '
            f'({type(error).__name__}); expected a complete file written by '
            'torch.save') from error
    return _with_state_dict(checkpoint, path)


def _with_state_dict(checkpoint: Any, path: str) -> Dict[str, Any]:
    """Bring a loaded file to the form ``{'state_dict': ...}``."""
    if isinstance(checkpoint, dict):
        if isinstance(checkpoint.get('state_dict'), dict):
            return checkpoint
        if checkpoint and all(torch.is_tensor(v) for v in checkpoint.values()):
            return dict(state_dict=checkpoint)
        found = f'the keys {_shorten(list(map(str, checkpoint)))}'
    else:
        found = f'a {type(checkpoint).__name__}'
    raise ValueError(f"checkpoint {path} holds {found}; expected 'state_dict'")


def describe_misfit(wanted: Dict[str, Tensor], given: Dict[str,
                                                           Tensor]) -> str:
    """Say in which keys and shapes two state dicts differ.

    Args:
        wanted (dict[str, Tensor]): State of the model.
        given (dict[str, Tensor]): State in a file. It may lack the counts of
            batches in batch norms, as PyTorch's own loading allows.

    Returns:
        str: Empty if all fits.
    """
    missing = [
        k for k in wanted if k not in given and 'num_batches_tracked' not in k
    ]
    unexpected = [k for k in given if k not in wanted]
    reshaped = [
        f'{k}: file {tuple(given[k].shape)}, model {tuple(v.shape)}'
        for k, v in wanted.items() if k in given and given[k].shape != v.shape
    ]
    return '; '.join(f'{len(keys)} {kind} ({_shorten(keys)})'
                     for kind, keys in (('missing keys', missing),
                                        ('unexpected keys', unexpected),
                                        ('keys of another shape', reshaped))
                     if keys)


def _shorten(names: Sequence[str], limit: int = 5) -> str:
    """Join names, leaving out all but the first few."""
    shown: List[str] = list(names[:limit])
    if len(names) > limit:
        shown.append(f'and {len(names) - limit} more')
    return ', '.join(shown)
