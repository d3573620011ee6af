"""Build models and load the weights that were trained for them."""
from typing import Any, Dict, NamedTuple, Optional, Union

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from ...registry import MODELS
from ...utils.config.config_reading import read_config_file
from ...utils.model_parts import keep_weights
from ...utils.safe_loading import find_published, load_checkpoint_safely
from ..config.config_errors import explain_config_errors
from ..config.run_values import check_run_values
from .checkpoint_check import check_network
from .checkpoint_files import check_checkpoint_fits
from .published_weights import PublishedWeights, read_weights
from .training_facts import read_facts, trained_fold


class RecordedModel(NamedTuple):
    """A model with what its file records of its training."""

    model: nn.Module
    #: As a checkpoint has it.
    record: Dict[str, Any]
    path: str
    #: If it comes from published weights.
    weights: Optional[PublishedWeights] = None


def load_model(cfg: Union[Config, str],
               checkpoint: Optional[str] = None) -> nn.Module:
    """Build a model and load its weights, which must fit.

    Args:
        cfg (Config | str): The config that it was trained with; or, without
            a checkpoint, the name of weights that come with the package or
            the path of published weights (``*.safetensors``).
        checkpoint (str, optional): Checkpoint file, loaded without running
            code. Defaults to None.

    Returns:
        nn.Module: The model, in evaluation mode on the CPU.

    Raises:
        ValueError: If the config is wrong, or the file cannot be read or
            does not fit, or there are no weights of that name.

    Examples:
        >>> from mmfermtl.apis import load_model
        >>> model = load_model('fer_tiny_ferplus')
    """
    if isinstance(cfg, str):
        if checkpoint is not None:
            raise TypeError('load_model: give a Config with a checkpoint, as '
                            'load_config returns it, or a name alone')
        return read_weights(cfg).build()
    if checkpoint is None:
        raise TypeError('load_model: a config needs a checkpoint')
    check_run_values(cfg)
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    with explain_config_errors(cfg):
        model = MODELS.build(cfg.model)
    loaded = load_checkpoint_safely(checkpoint)
    check_checkpoint_fits(model, loaded, checkpoint, cfg.filename)
    model.load_state_dict(loaded['state_dict'])
    return keep_weights(model).eval()


def load_recorded_model(cfg: Config, checkpoint: str) -> RecordedModel:
    """Load a model with what its file records of its training.

    Args:
        cfg (Config): Config of its training; not used for published weights.
        checkpoint (str): Its checkpoint, or the name or path of published
            weights (``*.safetensors``). Nothing of it is run.

    Returns:
        RecordedModel: In evaluation mode on the CPU.

    Raises:
        ValueError: If the config is wrong, or the file cannot be read or
            does not fit, or there are no weights of that name.
    """
    if find_published(checkpoint) is not None:
        weights = read_weights(checkpoint)
        return RecordedModel(weights.build(), weights.record, weights.path,
                             weights)
    return RecordedModel(
        load_model(cfg, checkpoint), load_checkpoint_safely(checkpoint),
        checkpoint)


def check_measured_on(checkpoint: str,
                      dataset: Any,
                      role: str = 'checkpoint') -> None:
    """Refuse a checkpoint that was trained on the subjects of a dataset.

    See :func:`~mmfermtl.engine.checkpoints.checkpoint_check.check_network`.
    """
    check_network(
        load_checkpoint_safely(checkpoint), checkpoint, dataset, role)


@MODELS.register_module(name='TrainedModel')
def build_trained_model(config: str,
                        checkpoint: str,
                        fold: Optional[int] = None) -> nn.Module:
    """Build a model from its config file and load its weights, frozen.

    As ``type='mmfermtl.TrainedModel'`` it gives metrics and hooks a model
    that was trained before, such as an independent evaluation classifier.

    Args:
        config (str): Config file that the model was trained with.
        checkpoint (str): Its checkpoint, loaded without running code.
        fold (int, optional): Fold that the model must have held out, so that
            a run of that fold may classify its test subjects with it.
            Defaults to None, any.

    Returns:
        nn.Module: The model, in evaluation mode on the CPU. Its
        ``dataset_meta`` has the ``classes`` that the file records, if any.

    Raises:
        ValueError: If the file cannot be read, does not fit, or is of
            another fold.

    Examples:
        >>> classifier = dict(
        ...     type='mmfermtl.TrainedModel',
        ...     config='configs/single_task/fer_ckplus48.py',
        ...     checkpoint='work_dirs/fer_ckplus48/epoch_40.pth',
        ...     fold=0)
    """
    cfg = read_config_file(config)
    loaded = load_checkpoint_safely(checkpoint)
    before = trained_fold(loaded, checkpoint)
    if fold not in (None, before):
        raise ValueError(
            f'checkpoint {checkpoint} was trained on fold {before}, expected '
            f'one that held out fold {fold}, because others may know the '
            'test subjects; train it on that fold')
    # Types of mmpretrain are without their scope in some configs.
    model = MODELS.build(
        dict(cfg.model, _scope_=cfg.get('default_scope', 'mmpretrain')))
    check_checkpoint_fits(model, loaded, checkpoint, config)
    model.load_state_dict(loaded['state_dict'])
    model.dataset_meta = dict(classes=read_facts(loaded, checkpoint).classes)
    return keep_weights(model).eval().requires_grad_(False)
