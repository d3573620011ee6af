"""Ask an independent classifier what the painted faces show."""
from typing import Any, Dict, List, NamedTuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from mmfermtl.engine.checkpoint_files import (check_checkpoint_fits,
                                              load_checkpoint_safely)
from ..registry import DATASETS, MODELS
from ..structures import to_network_range
from .user_errors import UserError


class SynthesisScore(NamedTuple):
    """What the judge says of the faces of unseen subjects."""

    #: Part of the painted faces read as their target, in percent.
    expression_score: float
    #: Part of the real faces read as their label, in percent: the ceiling.
    real_accuracy: float
    #: ``(E, E)`` counts of painted faces, rows targets, columns readings.
    confusion: np.ndarray
    #: Names of the expressions.
    classes: tuple


def load_model(cfg: Config, checkpoint: str) -> nn.Module:
    """Build a model and load its weights, which must fit.

    Args:
        cfg (Config): The config that it was trained with.
        checkpoint (str): Checkpoint file.

    Returns:
        nn.Module: The model, in evaluation mode on the CPU.
    """
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    model = MODELS.build(cfg.model)
    loaded = load_checkpoint_safely(checkpoint)
    check_checkpoint_fits(model, loaded, checkpoint, cfg.filename)
    model.load_state_dict(loaded['state_dict'])
    return model.eval()


@torch.no_grad()
def score_synthesis(model: nn.Module,
                    judge: nn.Module,
                    dataset: Any,
                    batch_size: int = 64) -> SynthesisScore:
    """Paint every expression of every face, and let the judge read them.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL`.
        judge (nn.Module): Another FERMTL, trained on real images only; it
            may be for recognition alone.
        dataset (Dataset): Faces of subjects that neither was trained on.
        batch_size (int): Faces a pass. Defaults to 64.

    Returns:
        SynthesisScore: The scores.
    """
    classes = dataset.metainfo['classes']
    if getattr(model.network, 'generator', None) is None:
        raise UserError('the model has no generator, so that there is '
                        'nothing to score; give a checkpoint and a config '
                        'with one')
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    right: List[bool] = []
    for start in range(0, len(dataset), batch_size):
        stop = min(start + batch_size, len(dataset))
        items = [dataset[i] for i in range(start, stop)]
        labels = torch.cat([item['data_samples'].gt_label for item in items])
        faces = to_network_range(
            torch.stack([item['inputs'] for item in items]))
        right += (_read(judge, faces) == labels).tolist()
        samples = model.predict(faces, synthesis='all')
        for target in range(len(classes)):
            painted = torch.stack([s.fake_imgs[target] for s in samples])
            for reading in _read(judge, to_network_range(painted)).tolist():
                confusion[target, reading] += 1
    return SynthesisScore(
        float(100 * confusion.trace() / confusion.sum()),
        float(100 * np.mean(right)), confusion, classes)


def _read(judge: nn.Module, faces: Tensor) -> Tensor:
    """Labels ``(N, )`` that the judge gives."""
    samples = judge.predict(faces, synthesis=None)
    return torch.cat([sample.pred_label for sample in samples])


def score_from_files(cfg: Config, checkpoint: str, judge_cfg: Config,
                     judge_checkpoint: str) -> SynthesisScore:
    """Score a checkpoint by the judgement of another one.

    The test set of ``cfg`` is used. Both must have held out the same fold,
    for the judge must not know the subjects either.

    Args:
        cfg (Config): Config of the model that paints.
        checkpoint (str): Its checkpoint.
        judge_cfg (Config): Config of the judge.
        judge_checkpoint (str): Its checkpoint.

    Returns:
        SynthesisScore: The scores.

    Raises:
        UserError: If the two have different folds or classes.
    """
    model = load_model(cfg, checkpoint)
    judge = load_model(judge_cfg, judge_checkpoint)
    facts: List[Dict[str, Any]] = []
    for one in (cfg, judge_cfg):
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
    return score_synthesis(model, judge, dataset)
