"""A model and the weights that were trained for it."""
from typing import Any

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from ...registry import MODELS
from ...utils.safe_loading import load_checkpoint_safely
from ..config.config_errors import explain_config_errors
from ..config.run_values import check_run_values
from .checkpoint_check import check_network
from .checkpoint_files import check_checkpoint_fits


def load_model(cfg: Config, checkpoint: str) -> nn.Module:
    """Build a model and load its weights, which must fit.

    Args:
        cfg (Config): The config that it was trained with.
        checkpoint (str): Checkpoint file.

    Returns:
        nn.Module: The model, in evaluation mode on the CPU.
    """
    check_run_values(cfg)
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    with explain_config_errors(cfg):
        model = MODELS.build(cfg.model)
    loaded = load_checkpoint_safely(checkpoint)
    check_checkpoint_fits(model, loaded, checkpoint, cfg.filename)
    model.load_state_dict(loaded['state_dict'])
    return model.eval()


def check_measured_on(checkpoint: str,
                      dataset: Any,
                      role: str = 'checkpoint') -> None:
    """Refuse a checkpoint that was trained on whom it is measured on.

    Args:
        checkpoint (str): Checkpoint file.
        dataset (Any): The built dataset.
        role (str): What it is called in messages. Defaults to
            ``'checkpoint'``.

    Raises:
        ValueError: If so, or if it is of other classes or another image size.
    """
    check_network(
        load_checkpoint_safely(checkpoint), checkpoint, dataset, role)
