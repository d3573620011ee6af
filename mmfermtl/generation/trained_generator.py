"""Load a generator that does not know the held-out subjects."""
import os.path as osp
from typing import Any, Dict, NamedTuple, Sequence

from mmengine.config import Config
from torch import Tensor, nn

from ..engine.checkpoints.checkpoint_check import check_expectations
from ..engine.checkpoints.model_loading import load_recorded_model
from ..engine.checkpoints.recorded_config import recorded_hash
from ..engine.checkpoints.training_facts import TrainingFacts, read_facts
from ..utils.contained_files import file_sha256
from .fold_agreement import check_agreement
from .synthesis import check_generates, target_rows


class TrainedGenerator(NamedTuple):
    """A model with a generator, and where it comes from."""

    model: nn.Module
    #: What it was trained on.
    facts: TrainingFacts
    #: Options that decide the fold of the sources.
    fold: Dict[str, Any]
    #: Name, SHA-256 and epoch of the file; name and SHA-256 of the config.
    origin: Dict[str, Any]
    #: Role and file, for messages.
    name: str
    #: Whether it is of published weights, which know other classes.
    published: bool

    def check_sources(self, wanted: TrainingFacts) -> None:
        """Raise a ValueError if the sources are not what it was trained on.

        Published weights may know more classes than the dataset has.
        """
        facts = self.facts
        if self.published:
            self.rows(wanted.classes or ())
            facts = TrainingFacts(image_size=facts.image_size)
        check_expectations(facts, self.name, wanted)

    def rows(self, classes: Sequence[str]) -> Tensor:
        """Write classes as its targets, see :func:`target_rows`."""
        return target_rows(classes, self.facts.classes, self.name)


def load_generator(cfg: Config, checkpoint: str,
                   leaf: Dict[str, Any]) -> TrainedGenerator:
    """Load a generator, and check that it does not know held-out subjects.

    Args:
        cfg (Config): Config of its training; for published weights, of any
            training on the sources.
        checkpoint (str): Its checkpoint, or the name or path of published
            weights (``*.safetensors``). Nothing of it is run.
        leaf (dict): Config of the dataset of the sources.

    Returns:
        TrainedGenerator: On the CPU.

    Raises:
        UserError: If it has no generator, does not record its training, or
            the sources have no fold.
        ValueError: If the file cannot be read or does not fit, or it was
            trained on held-out subjects.
    """
    model, record, path, weights = load_recorded_model(cfg, checkpoint)
    published = weights is not None
    role = 'published weights' if published else 'checkpoint'
    config = (
        osp.basename(cfg.filename)
        if weights is None else weights.description['name'])
    fold = check_agreement(record, path, leaf, role, outside_data=published)
    check_generates(model)
    origin = dict(
        checkpoint=dict(
            name=osp.basename(path),
            sha256=file_sha256(path),
            epoch=record.get('meta', {}).get('epoch')),
        config=dict(name=config, sha256=recorded_hash(record)))
    return TrainedGenerator(model, read_facts(record, path), fold, origin,
                            f'{role} {path}', published)
