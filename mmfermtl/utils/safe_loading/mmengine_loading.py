"""Remove the unpickling from MMEngine's own loading of checkpoints."""
import os.path as osp
from pickle import UnpicklingError
from typing import Any, Dict

import torch
from torch.utils import model_zoo

from ..errors import PACKAGE_DIR
from ..model_index import SHIPPED
from .safe_reading import allow_mmengine_globals, read_safely, unsafe_error
from .safetensors_files import SUFFIX, read_safetensors


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
    path = osp.expanduser(filename)
    if path.endswith(SUFFIX):
        return _load_published(path)
    if not osp.isfile(path):
        raise FileNotFoundError(f'{filename} can not be found.')
    return read_safely(path, map_location)


def _load_published(path: str) -> Dict[str, Any]:
    """Load published weights, by the path in the model index, too."""
    name = osp.basename(path)[:-len(SUFFIX)]
    if osp.dirname(path) == SHIPPED and not osp.isfile(path):
        path = osp.join(PACKAGE_DIR, 'weights', osp.basename(path))
        if not osp.isfile(path):
            raise FileNotFoundError(
                f'the model {name} has no published weights; train its '
                'config, and give the checkpoint')
    state, description = read_safetensors(path)
    checkpoint: Dict[str, Any] = dict(state_dict=state, meta={})
    if isinstance(description, dict) and 'classes' in description:
        checkpoint['meta'].update(
            dataset_meta=dict(classes=description['classes']))
    return checkpoint


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
