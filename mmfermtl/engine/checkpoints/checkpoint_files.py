"""Compare the weights of a checkpoint with those of a model."""
import re
from typing import Any, Dict, Optional, Tuple

import torch
from torch import Tensor, nn

from ...utils.model_parts import unwrap_model
from ...utils.safe_loading import describe_misfit, shorten
from .recorded_config import checkpoint_meta

State = Dict[str, Tensor]


def trained_config(checkpoint: Dict[str, Any]) -> Optional[str]:
    """Read the name of the config that a checkpoint was trained with."""
    name = str(checkpoint_meta(checkpoint).get('experiment_name') or '')
    found = re.match(r'(.+)_\d{8}_\d{6}$', name)
    return found.group(1) if found else None


def trained_classes(checkpoint: Dict[str, Any]) -> Optional[Tuple[str, ...]]:
    """Read the names of the trained classes in label order."""
    known = checkpoint_meta(checkpoint).get('dataset_meta')
    classes = known.get('classes') if isinstance(known, dict) else None
    return tuple(map(str, classes)) if classes else None


def check_checkpoint_fits(model: nn.Module, checkpoint: Dict[str, Any],
                          path: str, config: str) -> None:
    """Refuse a checkpoint that would leave part of a model untrained.

    ``path`` and ``config``, the file of the model's config, are for the
    message.

    Raises:
        ValueError: If keys are missing, unexpected or of another shape.
    """
    problems = describe_misfit(*_both_states(model, checkpoint))
    if not problems:
        return
    name = trained_config(checkpoint)
    fix = ('expected the config that it was trained with' if name is None else
           f"it was trained with config '{name}', a copy of which is in its "
           'work directory: use that one')
    raise ValueError(f'checkpoint {path} does not fit the model of {config}: '
                     f'{problems}. Weights would stay random; {fix}')


def check_start_weights(model: nn.Module, checkpoint: Dict[str, Any],
                        path: str) -> None:
    """Refuse initial weights that leave the backbone untrained.

    Raises:
        ValueError: If no weight of the backbone fits, or of a model without
            one no weight at all; or if integers replace real numbers.
    """
    wanted, given = _both_states(model, checkpoint)
    names = [k for k in wanted if 'backbone.' in k] or list(wanted)
    fitting = {
        k: v
        for k, v in given.items()
        if k in wanted and torch.is_tensor(v) and v.shape == wanted[k].shape
    }
    if not any(name in fitting for name in names):
        raise ValueError(
            f'load_from={path}: none of the {len(names)} tensors of the '
            f'{"backbone" if names != list(wanted) else "model"} '
            f'({shorten(names, 3)}) is in the file with its shape; found '
            f'{shorten(list(given), 3) or "nothing"}. Training would start '
            'from random weights: give a checkpoint of this model, or for '
            'parts of one use mmfermtl.LoadExpressionPartsHook')
    problems = describe_misfit({k: wanted[k] for k in fitting}, fitting)
    if problems:
        raise ValueError(f'load_from={path}: {problems}; expected weights as '
                         'training writes them')


def has_all_but_backbone(model: nn.Module, checkpoint: Dict[str, Any]) -> bool:
    """Return whether a checkpoint has all weights outside the backbone."""
    wanted, given = _both_states(model, checkpoint)
    others = {k: v for k, v in wanted.items() if 'backbone.' not in k}
    given = {k: v for k, v in given.items() if k in others}
    return not describe_misfit(others, given)


def _both_states(model: nn.Module,
                 checkpoint: Dict[str, Any]) -> Tuple[State, State]:
    """States of a model and of a checkpoint, without wrapper prefixes."""
    state = checkpoint.get('state_dict', checkpoint)
    return unwrap_model(model).state_dict(), {
        re.sub(r'^module\.', '', str(key)): value
        for key, value in state.items()
    }
