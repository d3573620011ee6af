"""Load an evaluation classifier of the same dataset, or of another one."""
from typing import Any, Dict, List, NamedTuple

from mmengine.config import Config
from torch import nn

from ..datasets.in_the_wild import has_fixed_splits
from ..engine.checkpoints.checkpoint_check import HeldOut, check_held_out
from ..engine.checkpoints.model_loading import load_recorded_model
from ..engine.checkpoints.training_facts import config_options, read_facts
from ..engine.config.run_config import load_config
from ..models import MatchedClassifier
from ..utils.errors import UserError

#: Options of a test set that decide which subjects it has.
_FOLD = ('type', 'fold', 'num_folds', 'fold_rule')
ROLE = 'evaluation classifier'


class EvaluationClassifier(NamedTuple):
    """A classifier that was not trained on the subjects of the test."""

    #: Gives the classes of the model that it evaluates.
    network: nn.Module
    #: Classes that it was trained on, in its order.
    classes: List[str]
    #: Types of the datasets that it was trained on, as far as it records.
    datasets: List[str]

    def describe(self) -> Dict[str, Any]:
        """dict: What it was trained on, for a report."""
        return dict(classes=self.classes, datasets=self.datasets)


def load_classifier_config(path: str, cfg: Config, **options: Any) -> Config:
    """Read the config of a classifier that evaluates the model of another.

    The options, such as the fold, are those of the model's data. They hold
    for a classifier of the same dataset only.
    """
    found = load_config(path)
    if not _of_same_data(cfg, found):
        return found
    return load_config(path, **options)


def load_evaluation_classifier(cfg: Config, classifier_cfg: Config,
                               checkpoint: str,
                               dataset: Any) -> EvaluationClassifier:
    """Load a classifier, and check that it does not know the test subjects.

    One of the same dataset must have held out the same fold. One of another
    dataset must record what it was trained on, and no subject of the test
    may be among it. Classes are matched by name: those that the model lacks
    are left out.

    Args:
        cfg (Config): Config of the model to evaluate.
        classifier_cfg (Config): Config of the classifier.
        checkpoint (str): Its checkpoint, or the name or path of published
            weights. Nothing of it is run.
        dataset (Dataset): Built images of the test.

    Returns:
        EvaluationClassifier: The classifier, on the CPU.

    Raises:
        UserError: If the folds differ, nothing is recorded, or it lacks a
            class of the model.
        ValueError: If it was trained on subjects of the test, or its file
            cannot be read or does not fit.
    """
    network, loaded, checkpoint, _ = load_recorded_model(
        classifier_cfg, checkpoint)
    facts = read_facts(loaded, checkpoint)
    if _of_same_data(cfg, classifier_cfg):
        _check_fold(cfg, classifier_cfg)
    elif facts.evidence == 'nothing':
        raise UserError(
            f'the {ROLE} {checkpoint} does not record what it was trained '
            'on, so it may know the test subjects; give a checkpoint that '
            'tools/train.py wrote (epoch_N.pth), or one of the same dataset '
            'and fold')
    check_held_out(loaded, checkpoint, HeldOut.of([dataset]), ROLE)
    classes = facts.classes or config_options(
        classifier_cfg.test_dataloader.dataset)['classes']
    wanted = list(dataset.metainfo['classes'])
    if classes is not None:
        try:
            network = MatchedClassifier(network, classes, wanted,
                                        facts.image_size)
        except ValueError as error:
            raise UserError(f'the {ROLE} {checkpoint}: {error}') from None
    return EvaluationClassifier(
        network, classes or wanted,
        [one['type'] for one in facts.datasets if 'type' in one])


def _of_same_data(cfg: Config, other: Config) -> bool:
    kinds = [
        str(one.test_dataloader.dataset.get('type')).rsplit('.', 1)[-1]
        for one in (cfg, other)
    ]
    return kinds[0] == kinds[1]


def _check_fold(cfg: Config, classifier_cfg: Config) -> None:
    """Raise an error if two configs test on other folds of a dataset."""
    if has_fixed_splits(cfg.test_dataloader.dataset):
        return  # which has none
    found = [
        config_options(one.test_dataloader.dataset)
        for one in (cfg, classifier_cfg)
    ]
    tested_on, classifier_tested_on = ({
        key: one[key]
        for key in _FOLD
    } for one in found)
    if tested_on != classifier_tested_on:
        raise UserError(
            f'the model was tested on {tested_on}, but the {ROLE} on '
            f'{classifier_tested_on}; train the classifier on the same fold, '
            'or it may know the test subjects')
