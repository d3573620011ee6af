from typing import Optional

from mmengine.config import Config
from torch import nn

from ...registry import MODELS
from ...utils.safe_loading import load_checkpoint_safely
from .checkpoint_files import check_checkpoint_fits
from .training_facts import trained_fold


@MODELS.register_module(name='TrainedModel')
def build_trained_model(config: str,
                        checkpoint: str,
                        fold: Optional[int] = None) -> nn.Module:
    """Build a model from its config file and load its weights, frozen.

    As ``type='mmfermtl.TrainedModel'`` it gives metrics and hooks a model
    that was trained before, such as an independent classifier.

    Args:
        config (str): Config file that the model was trained with.
        checkpoint (str): Its checkpoint, loaded without running code.
        fold (int, optional): Fold that the model must have held out. A run
            of that fold may then ask it about its test subjects. Defaults to
            None, any.

    Returns:
        nn.Module: The model, in evaluation mode on the CPU.

    Raises:
        ValueError: If the file cannot be read, does not fit, or is of
            another fold.

    Examples:
        >>> judge = dict(
        ...     type='mmfermtl.TrainedModel',
        ...     config='configs/single_task/fer_ckplus48.py',
        ...     checkpoint='work_dirs/fer_ckplus48/epoch_40.pth',
        ...     fold=0)
    """
    cfg = Config.fromfile(config)
    loaded = load_checkpoint_safely(checkpoint)
    before = trained_fold(loaded, checkpoint)
    if fold is not None and before != repr(fold):
        raise ValueError(
            f'checkpoint {checkpoint} was trained on fold {before}, but one '
            f'that held out fold {fold} is wanted here, or it may know the '
            'test subjects; train it on that fold')
    # Types of mmpretrain stand without their scope in some configs.
    model = MODELS.build(
        dict(cfg.model, _scope_=cfg.get('default_scope', 'mmpretrain')))
    check_checkpoint_fits(model, loaded, checkpoint, config)
    model.load_state_dict(loaded['state_dict'])
    return model.eval().requires_grad_(False)
