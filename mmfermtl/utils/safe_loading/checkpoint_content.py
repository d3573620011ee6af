"""Check that a checkpoint is one that MMEngine and training write."""
from typing import Any, Dict

import torch

from .safe_reading import read_safely
from .weights_fit import shorten

#: What MMEngine stores under these names, in a checkpoint and in its meta.
_TYPES = dict(
    meta=dict, message_hub=dict, optimizer=dict, param_schedulers=(list, dict))
_META_TYPES = dict(
    cfg=str,
    dataset_meta=dict,
    epoch=int,
    experiment_name=str,
    iter=int,
    seed=int,
    training_facts=dict)
#: The end of messages on files that MMEngine cannot have written.
_OTHER_FILE = 'Give a file that tools/train.py wrote, as it wrote it'


def load_checkpoint_safely(path: str) -> Dict[str, Any]:
    """Load a checkpoint file to the CPU without running code from it.

    Args:
        path (str): A file saved by MMEngine, or a bare state dict.

    Returns:
        dict: The checkpoint; ``'state_dict'`` maps names to tensors of finite
        values, and what MMEngine stores beside it is of the type that it
        stores.

    Raises:
        ValueError: If the file is missing, empty, damaged, not a checkpoint,
            or cannot be loaded safely, or if a weight is NaN, infinite,
            complex, quantized or without values.
    """
    checkpoint = _with_state_dict(read_safely(path), path)
    _check_types(checkpoint, path)
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


def _check_types(checkpoint: Dict[str, Any], path: str) -> None:
    """Refuse entries that MMEngine could not use."""
    if checkpoint.get('meta') is None:
        checkpoint['meta'] = {}
    _check_entries(checkpoint, _TYPES, path, '')
    meta = checkpoint['meta']
    _check_entries(meta, _META_TYPES, path, 'meta.')
    classes = (meta.get('dataset_meta') or {}).get('classes') or ()
    if not isinstance(classes, (list, tuple)) or not all(
            isinstance(name, str) for name in classes):
        raise ValueError(f'checkpoint {path} holds {str(classes)[:80]} as '
                         'meta.dataset_meta.classes; expected names. '
                         f'{_OTHER_FILE}')


def _check_entries(found: Dict[str, Any], types: Dict[str, Any], path: str,
                   place: str) -> None:
    for key, kind in types.items():
        if found.get(key) is not None and not isinstance(found[key], kind):
            kinds = kind if isinstance(kind, tuple) else (kind, )
            raise ValueError(
                f'checkpoint {path} holds {type(found[key]).__name__} as '
                f'{place}{key}; expected '
                f'{" or ".join(k.__name__ for k in kinds)}. {_OTHER_FILE}')


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
