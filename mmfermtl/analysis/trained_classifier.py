"""Load a model with what it records of its training."""
from typing import Any, Dict, List, NamedTuple, Optional

from mmengine.config import Config
from torch import nn

from ..engine.checkpoints.model_loading import load_recorded_model
from ..engine.checkpoints.training_facts import read_facts
from ..engine.config.config_datasets import dataset_configs
from ..utils.contained_files import file_sha256
from ..utils.errors import UserError


class TrainedClassifier(NamedTuple):
    """A model with what it records of its training."""

    path: str
    model: nn.Module
    classes: List[str]
    #: Transforms of the test.
    pipeline: List[Dict[str, Any]]
    #: With the facts of the training, as a checkpoint has them.
    record: Dict[str, Any]
    #: Of the checkpoint, also for published weights.
    sha256: Optional[str]
    #: Of published weights, see ``calibration.json``.
    calibration: Optional[Dict[str, Any]] = None


def load_classifier(cfg: Config, checkpoint: str) -> TrainedClassifier:
    """Load a model by its config and checkpoint, or published weights.

    Args:
        cfg (Config): The config of the training; for published weights, one
            whose dataset is calibrated on.
        checkpoint (str): Checkpoint file, or the name or path of published
            weights (``*.safetensors``).

    Raises:
        ValueError: If the files do not fit, or no classes are recorded.
    """
    model, record, path, weights = load_recorded_model(cfg, checkpoint)
    if weights is not None:
        about = weights.description
        return TrainedClassifier(path, model, weights.classes,
                                 about['pipeline'], record,
                                 about['checkpoint_sha256'],
                                 about.get('calibration'))
    classes = read_facts(record, checkpoint).classes
    if not classes:
        raise UserError(f'{checkpoint} does not record its classes; use a '
                        'checkpoint that tools/train.py has written')
    pipeline = dataset_configs(cfg, 'test')[0]['pipeline']
    return TrainedClassifier(checkpoint, model, classes, pipeline, record,
                             file_sha256(checkpoint))
