"""Test models on each other's datasets, with classes matched by name."""
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch import nn

from ..engine.checkpoints.checkpoint_check import HeldOut, check_held_out
from ..engine.config.config_datasets import dataset_configs
from ..engine.config.config_errors import explain_config_errors
from ..evaluation.functional import count_confusion, score_confusion
from ..expressions import match_classes
from ..inference.calibrated_scores import Calibration
from ..registry import DATASETS
from ..utils.errors import UserError
from .cross_validation.intervals import (Interval, percentile_interval,
                                         resample_clusters, sum_by_cluster,
                                         wilson_interval)
from .trained_classifier import TrainedClassifier, load_classifier


class NamedModel(NamedTuple):
    """A trained model."""

    name: str
    cfg: Config
    #: File, or the name or path of published weights.
    checkpoint: str


class NamedSet(NamedTuple):
    """The test set of a config."""

    name: str
    cfg: Config
    #: Whether to test on all its images, and not on one fold or split.
    whole: bool = False


class Cell(NamedTuple):
    """Scores of a model on a set."""

    model: str
    test_set: str
    #: Classes that both know: only their images and scores count.
    classes: Tuple[str, ...]
    #: Number of images, and of known subjects.
    images: int
    subjects: int
    #: In percent.
    accuracy: float
    uar: float
    #: Of the accuracy: over subjects drawn with replacement, or Wilson's
    #: where no subject is known.
    interval: Interval
    #: Recall of each class, None without an image.
    recalls: Dict[str, float]
    #: Counts, rows are ground truth.
    confusion: List[List[int]]
    #: Why the score is not one of unseen subjects, '' if it is.
    leak: str


def measure_matrix(models: Sequence[NamedModel],
                   sets: Sequence[NamedSet] = (),
                   batch_size: int = 64,
                   device: str = 'cpu',
                   balanced: bool = False) -> List[Cell]:
    """Test every model on every set.

    Images go through the test pipeline of the model, so that size and colour
    are those that it was trained with. Classes that the set or the model
    lacks are left out: images of the former, and scores of the latter, such
    as that of neutral on a set without neutral faces.

    Args:
        models (Sequence[NamedModel]): The models.
        sets (Sequence[NamedSet]): The test sets. Defaults to (), for each
            model the test set of its own config, such as the dataset that it
            was trained without.
        batch_size (int): Defaults to 64.
        device (str): Defaults to ``'cpu'``.
        balanced (bool): Whether to correct the scores for how often each
            class was trained on, by the calibration of published weights.
            Defaults to False.

    Returns:
        list[Cell]: By model, then by set.

    Raises:
        UserError: If names are given twice, a model has no classes or no
            calibration to balance with, or a model and a set have fewer than
            two classes in common.
    """
    for kind, given in (('--models', models), ('--sets', sets)):
        names = [one.name for one in given]
        if len(set(names)) < len(names):
            raise UserError(f'{kind}: a name is given twice in '
                            f'{", ".join(names)}')
    cells = []
    for model in models:
        trained = load_classifier(model.cfg, model.checkpoint)
        trained.model.to(device)
        calibration = _calibration(trained) if balanced else None
        for test_set in sets or [_own_set(model)]:
            dataset = _build(test_set, trained.pipeline)
            leak = ''
            try:
                check_held_out(trained.record, trained.path,
                               HeldOut.of([dataset]))
            except ValueError as error:
                leak = str(error)
            scores = _predict(trained.model, dataset, batch_size)
            if calibration is not None:
                # Logarithms of probabilities are logits, too.
                scores = calibration.balance(
                    calibration.probabilities(
                        np.log(np.maximum(scores, 1e-12))))
            cells.append(
                score_cell(model.name, test_set.name, trained.classes, scores,
                           dataset, leak))
    return cells


def _calibration(trained: TrainedClassifier) -> Calibration:
    """Check the calibration of published weights."""
    if trained.calibration is None:
        raise UserError(f'{trained.path} is not calibrated, so that nothing '
                        'can be balanced; give published weights with a '
                        'calibration of tools/calibrate.py')
    return Calibration.from_dict(trained.calibration, trained.path,
                                 trained.classes)


def score_cell(model: str, test_set: str, classes: Sequence[str],
               scores: np.ndarray, dataset: Any, leak: str) -> Cell:
    """Score the predictions of a model on a set.

    Args:
        model (str): Name of the model.
        test_set (str): Name of the set.
        classes (Sequence[str]): Names of the model's classes.
        scores (np.ndarray): Probabilities ``(N, E)``.
        dataset (Dataset): Its ``N`` images.
        leak (str): Why the subjects may have been trained on.

    Returns:
        Cell: The scores.

    Raises:
        UserError: If fewer than two classes are common, or the set has no
            image of them.
    """
    match = match_classes(classes, dataset.CLASSES)
    names = match.shared
    if len(names) < 2:
        raise UserError(
            f'{model} knows {", ".join(classes)}, and {test_set} '
            f'{", ".join(dataset.CLASSES)}: expected at least two classes '
            'that both have')
    records = [dataset.get_record(i) for i in range(len(dataset))]
    # Position among the common classes by label of the set.
    position = {there: k for k, (_, there) in enumerate(match.pairs)}
    kept = [i for i, r in enumerate(records) if r['gt_label'] in position]
    if not kept:
        raise UserError(f'{test_set}: none of its {len(records)} images is of '
                        f'a class that {model} knows ({", ".join(names)}); '
                        'test on another split, or on a set that has them')
    labels = np.array([position[records[i]['gt_label']] for i in kept])
    columns = [here for here, _ in match.pairs]
    predicted = scores[np.ix_(kept, columns)].argmax(1)
    confusion = count_confusion(labels, predicted, len(names))
    found = score_confusion(confusion)
    hits = (labels == predicted)
    known = all(records[i].get('subject_known', True) for i in kept)
    subjects = [records[i].get('subject') for i in kept]
    if known:
        totals = sum_by_cluster(subjects,
                                np.stack([hits, np.ones(len(hits))], 1))
        draws = resample_clusters(totals)
        interval = percentile_interval(100 * draws[:, 0] / draws[:, 1])
    else:
        interval = wilson_interval(int(hits.sum()), len(hits))
    return Cell(
        model,
        test_set,
        tuple(names),
        len(kept),
        len(set(subjects)) if known else 0,
        float(found['accuracy']),
        float(found['uar']),
        interval,
        recalls={
            name: None if np.isnan(value) else float(value)
            for name, value in zip(names, found['recalls'])
        },
        confusion=confusion.tolist(),
        leak=leak)


def _own_set(model: NamedModel) -> NamedSet:
    """Name the test set of a model's config by the type of its dataset."""
    kind = str(dataset_configs(model.cfg, 'test')[0]['type'])
    return NamedSet(kind.rsplit('.', 1)[-1], model.cfg)


def _build(of_set: NamedSet, pipeline: Sequence[Dict[str, Any]]) -> Any:
    """Build a test set with the test pipeline of a model."""
    place = of_set.cfg.filename
    sets = dataset_configs(of_set.cfg, 'test')
    if len(sets) != 1:
        raise UserError(f'{place}: its test set joins {len(sets)} datasets; '
                        'give each one by itself')
    cfg = dict(sets[0], pairs=False)
    if of_set.whole:
        cfg.update(split='all', fold=None, test_mode=True)
    cfg['pipeline'] = list(pipeline)
    with explain_config_errors(of_set.cfg):
        dataset = DATASETS.build(cfg)
    if not hasattr(dataset, 'get_record'):
        raise UserError(f'{place}: its test set is a '
                        f'{type(dataset).__name__}, which names no classes '
                        'and subjects; expected a dataset of mmfermtl')
    return dataset


@torch.no_grad()
def _predict(model: nn.Module, dataset: Any, batch_size: int) -> np.ndarray:
    """Compute the probabilities ``(N, E)`` of all images."""
    model.synthesis = None
    rows: List[List[float]] = []
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        items = [dataset[i] for i in range(start, stop)]
        rows += [
            sample.pred_score.tolist()
            for sample in model.test_step(pseudo_collate(items))
        ]
    return np.array(rows)
