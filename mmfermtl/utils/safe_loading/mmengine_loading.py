"""Remove the unpickling from MMEngine's own loading of checkpoints."""
import os.path as osp
from pickle import UnpicklingError
from typing import Any

import torch
from torch.utils import model_zoo

from .published_checkpoint import find_published, read_published
from .safe_reading import allow_mmengine_globals, read_safely, unsafe_error


def secure_mmengine_loading() -> None:
    """Let MMEngine itself load weights without running code from them.

    Its loader of local files unpickles whatever the safe load refuses, and
    that of addresses always does. ``init_cfg=dict(type='Pretrained')``,
    ``load_from`` and mmpretrain's ``get_model`` and inferencers use them.
    Importing the models or the engine of this package calls this function,
    and so does every config that names one of our types.
    """
    from mmengine.runner import checkpoint
    allow_mmengine_globals()
    checkpoint.CheckpointLoader.register_scheme(
        '', load_from_local, force=True)
    # The loaders of addresses and of object stores call these.
    checkpoint.load_url = _load_url
    checkpoint._safe_torch_load = _load_buffer


def load_from_local(filename: str, map_location: Any = None) -> Any:
    """Load a local file for MMEngine, as its loaders do but safely."""
    if find_published(filename) is not None:
        return read_published(filename)
    path = osp.expanduser(filename)
    if not osp.isfile(path):
        raise FileNotFoundError(f'{filename} can not be found.')
    return read_safely(path, map_location)


def _load_url(url: str, *args: Any, **kwargs: Any) -> Any:
    """Download and load a file as torch does, but safely."""
    kwargs['weights_only'] = True
    try:
        return model_zoo.load_url(url, *args, **kwargs)
    except UnpicklingError as error:
        raise unsafe_error(url, error) from error


def _load_buffer(file: Any, map_location: Any = None, *_: Any) -> Any:
    """Load what MMEngine got from an object store."""
    try:
        return torch.load(file, map_location=map_location, weights_only=True)
    except UnpicklingError as error:
        raise unsafe_error(file, error) from error
