"""Check that a checkpoint is one that MMEngine and training write."""
from typing import Any, Dict

import torch

from ..json_documents import Rule, find_misfit
from .published_checkpoint import find_published, read_published
from .safe_reading import read_safely
from .weights_fit import shorten

_NAMES = Rule(
    'names', lambda v: isinstance(v, (list, tuple)) and all(
        isinstance(name, str) for name in v))
#: What MMEngine stores beside the weights, if anything.
_SHAPE = {
    'message_hub?': (dict, None),
    'optimizer?': (dict, None),
    'param_schedulers?': (list, dict, None),
    'meta': {
        'cfg?': (str, None),
        'dataset_meta?': ({
            'classes?': (_NAMES, None)
        }, None),
        'epoch?': (int, None),
        'experiment_name?': (str, None),
        'iter?': (int, None),
        'seed?': (int, None),
        'training_facts?': (dict, None)
    }
}


def load_checkpoint_safely(path: str) -> Dict[str, Any]:
    """Load a checkpoint file to the CPU without running code from it.

    Args:
        path (str): A file saved by MMEngine, or a bare state dict; or
            published weights (``*.safetensors``), those of the package by
            name, too.

    Returns:
        dict: The checkpoint; ``'state_dict'`` maps names to tensors of finite
        values, and what MMEngine stores beside it is of the type that it
        stores.

    Raises:
        ValueError: If the file is missing, empty, damaged, not a checkpoint,
            or cannot be loaded safely, or if a weight is NaN, infinite,
            complex, quantized or without values.
    """
    published = find_published(path) is not None
    checkpoint = _with_state_dict(
        read_published(path) if published else read_safely(path), path)
    if checkpoint.get('meta') is None:
        checkpoint['meta'] = {}
    misfit = find_misfit(checkpoint, _SHAPE)
    if misfit:
        # MMEngine could not use it.
        raise ValueError(f'checkpoint {path}: {misfit}. Give a file that '
                         'tools/train.py wrote, as it wrote it')
    _check_weights(checkpoint['state_dict'], path)
    return checkpoint


def _with_state_dict(checkpoint: Any, path: str) -> Dict[str, Any]:
    """Convert a loaded file to the form ``{'state_dict': ...}``."""
    if isinstance(checkpoint, dict):
        if isinstance(checkpoint.get('state_dict'), dict):
            return checkpoint
        if checkpoint and all(torch.is_tensor(v) for v in checkpoint.values()):
            return dict(state_dict=checkpoint)
        found = f'the keys {shorten(list(map(str, checkpoint)))}'
        if 'state_dict' in checkpoint:
            found = (f"{type(checkpoint['state_dict']).__name__} as "
                     "'state_dict'")
    else:
        found = f'a {type(checkpoint).__name__}'
    raise ValueError(f"checkpoint {path} holds {found}; expected 'state_dict' "
                     'with a dict of tensors')


def _check_weights(state: Dict[str, Any], path: str) -> None:
    """Refuse weights that no training can have written."""
    for key, value in state.items():
        problem = _weight_problem(key, value)
        if problem:
            raise ValueError(
                f'checkpoint {path}: {key} {problem}; expected tensors of '
                'finite real numbers. Take an earlier checkpoint of the run, '
                'or save the weights again')


def _weight_problem(key: Any, value: Any) -> str:
    if not isinstance(key, str) or not torch.is_tensor(value):
        # PyTorch lets a module store any object under this name.
        return '' if str(key).endswith('_extra_state') else (
            f'is a {type(value).__name__}')
    if value.is_meta:
        return 'is a tensor on the meta device, which has no values'
    if value.is_quantized or value.is_complex() or value.is_sparse:
        return f'is of the type {value.dtype}, {value.layout}'
    if value.is_floating_point() and not value.float().isfinite().all():
        return 'holds NaN or infinite values'
    return ''
