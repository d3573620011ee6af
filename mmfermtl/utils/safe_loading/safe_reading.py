"""Read files of ``torch.save`` without running code from them."""
import os.path as osp
import re
from pickle import UnpicklingError
from typing import Any
from zipfile import ZipFile, is_zipfile

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


def _history_method(owner: type, name: str) -> Any:
    """Replace ``getattr``, which a saved HistoryBuffer calls."""
    if owner is HistoryBuffer and not name.startswith('_'):
        return getattr(owner, name)
    raise UnpicklingError(f'attribute {name} of {owner} is not allowed')


def allow_mmengine_globals() -> None:
    """Let ``torch.load(weights_only=True)`` read what MMEngine saves.

    These are the loss histories: buffers of numpy arrays. MMEngine 0.10.7
    and older lack an allow-list of their own.
    """
    # The functions that restore arrays and scalars, under their names in files
    # of NumPy 1 and 2: each reads the files of the other.
    makers = [value.__reduce__()[0] for value in (np.zeros(0), np.float64(0))]
    named = [(maker, f'numpy.{core}.multiarray.{maker.__name__}')
             for maker in makers for core in ('core', '_core')]
    dtypes = {type(np.dtype(t)) for t in ('f4', 'f8', 'i4', 'i8', 'u4')}
    torch.serialization.add_safe_globals([
        HistoryBuffer, np.ndarray, np.dtype, *named, *dtypes,
        (_history_method, 'builtins.getattr')
    ])


def read_safely(path: str, map_location: Any = 'cpu') -> Any:
    """Read a file of ``torch.save`` without running code from it.

    Args:
        path (str): The file.
        map_location (Any): As in :func:`torch.load`. Defaults to ``'cpu'``.

    Returns:
        Any: Tensors, numbers, strings and containers of these.

    Raises:
        ValueError: If the file is missing, empty or damaged, or holds
            anything else.
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
    _check_bytes(path)
    allow_mmengine_globals()
    try:
        return torch.load(path, map_location=map_location, weights_only=True)
    except Exception as error:  # torch has no common base for these
        if isinstance(error, UnpicklingError) and (is_zipfile(path)
                                                   or 'GLOBAL' in str(error)):
            raise unsafe_error(path, error) from error
        raise ValueError(
            f'checkpoint {path} is damaged or is no checkpoint '
            f'({type(error).__name__}); expected a complete file written by '
            'torch.save') from error


def _check_bytes(path: str) -> None:
    """Compare the bytes with the checksums that the zip format keeps."""
    if not is_zipfile(path):
        return  # as PyTorch wrote before 1.6
    try:
        with ZipFile(path) as archive:
            part = archive.testzip()
    except Exception as error:  # zipfile and zlib have no common base
        raise ValueError(f'checkpoint {path} is damaged ({error}); copy or '
                         'download it again') from error
    if part is not None:
        raise ValueError(
            f'checkpoint {path} is damaged: the bytes of {part} do not have '
            'the checksum that was stored with them; copy or download it '
            'again')


def unsafe_error(source: Any, error: UnpicklingError) -> ValueError:
    """Make the error for a file that could run code."""
    found = re.search(r'GLOBAL (\S+)', str(error))
    what = found.group(1) if found else 'Python objects'
    return ValueError(
        f'checkpoint {source} cannot be loaded safely: it holds {what}, which '
        'could run code; expected tensors, numbers and strings. Save its '
        'state dict alone where you trust it')
