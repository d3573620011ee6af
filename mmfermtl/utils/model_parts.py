"""Build the parts of a model, and load their weights."""
from typing import Any, Dict, Union

from mmengine.model import is_model_wrapper
from torch import Tensor, nn

from ..registry import MODELS
from .safe_loading import describe_misfit, load_checkpoint_safely


def build_part(part: Union[dict, nn.Module, None]) -> Any:
    """Build a module from its config; return a module or None unchanged."""
    return MODELS.build(part) if isinstance(part, dict) else part


def unwrap_model(model: nn.Module) -> Any:
    """Return a model without the wrapper that distributes it."""
    return model.module if is_model_wrapper(model) else model


def load_part(part: nn.Module, checkpoint: str, name: str) -> None:
    """Load all weights of a module, without running code from the file.

    ``name`` is what the checkpoint, or the file of a state dict, is for.

    Raises:
        ValueError: If the file cannot be loaded safely, or its weights do
            not fit the module.
    """
    state = load_checkpoint_safely(checkpoint)['state_dict']
    fill_part(part, state, f'{name} {checkpoint}')


def fill_part(part: nn.Module, state: Dict[str, Tensor], name: str) -> None:
    """Copy a state dict into a module, which keeps it.

    A runner then does not initialise it, see :func:`keep_weights`. The
    counts of batches in batch norms may be missing. ``name`` is what the
    weights are for and where they are from, as in an error message.

    Raises:
        ValueError: If the weights do not fit the module.
    """
    problems = describe_misfit(part.state_dict(), state)
    if problems:
        raise ValueError(f'{name} does not fit its network '
                         f'{type(part).__name__}: {problems}; expected the '
                         'weights of that network only, with the same '
                         'options')
    # Not strict: a backbone of mmpretrain may lack counts of batches.
    part.load_state_dict(state, strict=False)
    keep_weights(part)


def keep_weights(part: nn.Module) -> nn.Module:
    """Exempt a module whose weights were loaded from initialisation.

    A runner initialises its model after building it, and with it all modules
    inside that are not marked as initialised. Returns the module.
    """
    for module in part.modules():
        if hasattr(module, 'init_weights'):
            module.is_init = True
    return part
