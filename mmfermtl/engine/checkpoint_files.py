"""What checkpoints say of themselves, and whether they fit a model."""
import re
from typing import Any, Dict, Optional, Tuple

from mmengine.model import is_model_wrapper
from torch import nn

from ..safe_loading import describe_misfit


def trained_config(checkpoint: Dict[str, Any]) -> Optional[str]:
    """Name of the config file that a checkpoint was trained with.

    Args:
        checkpoint (dict): A loaded checkpoint.

    Returns:
        str, optional: Name without folder and suffix, if it is recorded.
    """
    name = str(checkpoint.get('meta', {}).get('experiment_name') or '')
    found = re.match(r'(.+)_\d{8}_\d{6}$', name)
    return found.group(1) if found else None


def trained_value(checkpoint: Dict[str, Any], name: str) -> Optional[str]:
    """Top-level value of the config text stored in a checkpoint.

    The text is searched, not run.

    Args:
        checkpoint (dict): A loaded checkpoint.
        name (str): Name of a top-level variable, for example ``'fold'``.

    Returns:
        str, optional: The value as Python writes it, if there is one.
    """
    text = str(checkpoint.get('meta', {}).get('cfg') or '')
    found = re.search(rf'^{re.escape(name)} = (.+)$', text, re.MULTILINE)
    return found.group(1) if found else None


def trained_classes(checkpoint: Dict[str, Any]) -> Optional[Tuple[str, ...]]:
    """Names of the classes that a checkpoint was trained on.

    Args:
        checkpoint (dict): A loaded checkpoint.

    Returns:
        tuple[str], optional: In label order, if they are recorded.
    """
    known = checkpoint.get('meta', {}).get('dataset_meta') or {}
    classes = known.get('classes')
    return tuple(map(str, classes)) if classes else None


def check_checkpoint_fits(model: nn.Module, checkpoint: Dict[str, Any],
                          path: str, config: str) -> None:
    """Refuse a checkpoint that would leave part of a model untrained.

    Args:
        model (nn.Module): The model, wrapped or not.
        checkpoint (dict): A loaded checkpoint.
        path (str): Its file, for the message.
        config (str): Config file of the model, for the message.

    Raises:
        ValueError: If keys are missing, unexpected or of another shape.
    """
    if is_model_wrapper(model):
        model = model.module
    given = {
        re.sub(r'^module\.', '', key): value
        for key, value in checkpoint['state_dict'].items()
    }
    problems = describe_misfit(model.state_dict(), given)
    if not problems:
        return
    name = trained_config(checkpoint)
    mend = ('expected the config that it was trained with' if name is None else
            f"it was trained with config '{name}', a copy of which lies in "
            'its work directory: use that one')
    raise ValueError(f'checkpoint {path} does not fit the model of {config}: '
                     f'{problems}. Weights would stay random; '
                     f'{mend}')
