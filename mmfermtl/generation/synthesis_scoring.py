"""Ask an independent classifier what the painted faces show."""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np
from mmengine.config import Config
from torch import nn

from ..engine.checkpoints.model_loading import check_measured_on, load_model
from ..evaluation import ExpressionScore
from ..registry import DATASETS
from ..utils.errors import UserError
from .evaluation import evaluate_synthesis


class SynthesisScore(NamedTuple):
    """What the judge and other metrics say of faces of unseen subjects."""

    #: Part of the painted faces read as their target, in percent.
    expression_score: float
    #: Part of the real faces read as their label, in percent: the ceiling.
    real_accuracy: float
    #: ``(E, E)`` counts of painted faces, rows targets, columns readings.
    confusion: np.ndarray
    #: Names of the expressions.
    classes: tuple
    #: All that the metrics give, by name.
    metrics: Dict[str, Any]


def score_synthesis(model: nn.Module,
                    judge: nn.Module,
                    dataset: Any,
                    batch_size: int = 64,
                    metrics: Optional[Sequence[Any]] = None) -> SynthesisScore:
    """Paint every expression of every face, and let the judge read them.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL`.
        judge (nn.Module): Another FERMTL, or a classifier of mmpretrain,
            trained on real images only.
        dataset (Dataset): Faces of subjects that neither was trained on.
        batch_size (int): Faces a pass. Defaults to 64.
        metrics (Sequence[dict | BaseMetric], optional): Further ones.
            Defaults to None.

    Returns:
        SynthesisScore: The scores.
    """
    found = evaluate_synthesis(model, dataset,
                               [ExpressionScore(judge), *(metrics or [])],
                               batch_size)
    return SynthesisScore(found['expression/score'],
                          found['expression/ceiling'],
                          np.array(found['expression/confusion']),
                          dataset.metainfo['classes'], found)


def score_from_files(cfg: Config,
                     checkpoint: str,
                     classifier_cfg: Config,
                     classifier_checkpoint: str,
                     metrics: Optional[Sequence[Any]] = None,
                     intensity: bool = False) -> SynthesisScore:
    """Score a checkpoint by the judgement of another one.

    The test set of ``cfg`` is used. Both must have held out the same fold,
    for the judge must not know the subjects either.

    Args:
        cfg (Config): Config of the model that paints.
        checkpoint (str): Its checkpoint.
        judge_cfg (Config): Config of the judge.
        judge_checkpoint (str): Its checkpoint.
        metrics (Sequence[dict | BaseMetric], optional): Further metrics.
            Defaults to None.
        intensity (bool): Whether to sweep intensities, too. Defaults to
            False.

    Returns:
        SynthesisScore: The scores.

    Raises:
        UserError: If the two have different folds or classes.
    """
    model = load_model(cfg, checkpoint)
    judge = load_model(classifier_cfg, classifier_checkpoint)
    facts: List[Dict[str, Any]] = []
    for one in (cfg, classifier_cfg):
        dataset = one.test_dataloader.dataset
        facts.append({
            key: dataset.get(key)
            for key in ('type', 'fold', 'num_folds', 'fold_rule', 'classes')
        })
    if facts[0] != facts[1]:
        raise UserError(f'the model was tested on {facts[0]}, but the judge '
                        f'on {facts[1]}; train the judge on the same fold, '
                        'or it may know the test subjects')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    check_measured_on(checkpoint, dataset)
    check_measured_on(classifier_checkpoint, dataset, 'judge')
    more = list(metrics or [])
    if intensity:
        more.append(
            dict(type='mmfermtl.IntensityMonotonicity', classifier=judge))
    return score_synthesis(model, judge, dataset, metrics=more)
