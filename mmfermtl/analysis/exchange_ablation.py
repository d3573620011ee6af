"""Measure how much FER depends on the features of the FES branch."""
import os.path as osp
from typing import (Any, Callable, Dict, Iterator, List, NamedTuple, Optional,
                    Tuple)

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor, nn

from ..engine.checkpoints.model_loading import check_measured_on, load_model
from ..engine.config.run_config import set_everywhere
from ..models import replace_source
from ..registry import DATASETS
from ..utils.contained_files import INNER_PATH, contained_path
from ..utils.errors import UserError
from ..utils.json_documents import Rule, read_json
from .cross_validation.collect_results import RESULTS
from .cross_validation.fold_config import configure_run
from .cross_validation.run_key import RunKey
from .cross_validation.study_folder import StudyFolder

_NUMBER = Rule('0 or more', lambda v: type(v) is int and v >= 0)
_RUN_SHAPE = dict(
    nested=bool, seed=_NUMBER, fold=_NUMBER, checkpoint=INNER_PATH)


class ExchangeAblation(NamedTuple):
    """Numbers of images that are classified correctly, and how else."""

    images: int
    #: Correct with the source features of the image itself, as trained.
    original: int
    #: Correct with the mean over all images, which does not depend on it.
    mean: int
    #: Correct with those of another subject with another expression.
    other: int
    #: Classified then as the expression of the other subject.
    followed: int


@torch.no_grad()
def ablate_exchange(model: nn.Module,
                    dataset: Any,
                    batch_size: int = 64,
                    seed: int = 0) -> ExchangeAblation:
    """Classify images while FER gets other source features.

    The features that the FES branch gives to FER are replaced at each
    exchange point. The FES branch itself is not changed before the point
    where it gets features from FER.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL` with units that
            exchange features, in evaluation mode.
        dataset (Dataset): Images; those without a label are left out.
        batch_size (int): Images a pass. Defaults to 64.
        seed (int): For the choice of the other images. Defaults to 0.

    Returns:
        ExchangeAblation: The counts.

    Raises:
        ValueError: If nothing is exchanged, or all images have one
            expression.
    """
    items = [dataset[i] for i in range(len(dataset))]
    items = [item for item in items if item['data_samples'].gt_label >= 0]
    samples = [item['data_samples'] for item in items]
    labels = np.array([int(sample.gt_label) for sample in samples])
    # An image of an unknown subject counts as that of a further subject.
    subjects = np.array([
        str(sample.get('subject', f'image {i}'))
        for i, sample in enumerate(samples)
    ])
    others = _choose_others(labels, subjects, seed)
    sums: Dict[int, Tuple[int, Tensor]] = {}

    def keep(point: int, source: Tensor) -> Tensor:
        count, total = sums.get(point, (0, 0))
        sums[point] = (count + len(source),
                       total + source.double().sum(0, keepdim=True))
        return source

    def mean(point: int, source: Tensor) -> Tensor:
        count, total = sums[point]
        return (total / count).to(source).expand_as(source)

    def swap(point: int, source: Tensor) -> Tensor:
        # The second half of a batch holds the others of the first half.
        return source.roll(len(source) // 2, 0)

    original = _classify(model, items, batch_size, keep)
    of_mean = _classify(model, items, batch_size, mean)
    of_other = _classify(model, items, batch_size, swap, others)
    counts = ((original == labels), (of_mean == labels), (of_other == labels),
              (of_other == labels[others]))
    return ExchangeAblation(len(labels), *(int(hits.sum()) for hits in counts))


def _classify(model: nn.Module,
              items: List[Dict[str, Any]],
              batch_size: int,
              replacement: Callable[[int, Tensor], Tensor],
              others: Optional[np.ndarray] = None) -> np.ndarray:
    """Predict labels ``(N, )``; others ``(N, )`` are appended to batches."""
    found: List[np.ndarray] = []
    for start in range(0, len(items), batch_size):
        batch = np.arange(start, min(start + batch_size, len(items)))
        chosen = batch
        if others is not None:
            chosen = np.concatenate([batch, others[batch]])
        data = dict(inputs=[items[i]['inputs'] for i in chosen])
        inputs = model.data_preprocessor(data, False)['inputs']
        with replace_source(model.network.backbone, replacement):
            logits = model(inputs)
        found.append(logits[:len(batch)].argmax(dim=1).cpu().numpy())
    return np.concatenate(found)


def _choose_others(labels: np.ndarray, subjects: np.ndarray,
                   seed: int) -> np.ndarray:
    """Choose for each image one of another subject and label: ``(N, )``."""
    rng = np.random.default_rng(seed)
    chosen = []
    for label, subject in zip(labels, subjects):
        fits = np.flatnonzero((labels != label) & (subjects != subject))
        if not len(fits):
            raise ValueError(
                'no image of another subject has another expression than '
                f'label {label}; test on several subjects and expressions')
        chosen.append(rng.choice(fits))
    return np.array(chosen)


def ablate_checkpoint(cfg: Config, checkpoint: str) -> ExchangeAblation:
    """Run :func:`ablate_exchange` on the test set of a checkpoint's config."""
    model = load_model(cfg, checkpoint)
    if getattr(getattr(model, 'network', None), 'head', None) is None:
        raise UserError(
            f'{cfg.filename}: expected mmfermtl.FERMTL or a subclass of it '
            f'with a head, found {type(model).__name__}; it classifies '
            'nothing that an exchange could change')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    check_measured_on(checkpoint, dataset)
    try:
        return ablate_exchange(model, dataset)
    except ValueError as error:
        raise UserError(f'{cfg.filename}: {error}') from error


def ablate_study(path: str,
                 data_root: Optional[str] = None,
                 given: Optional[Config] = None
                 ) -> Iterator[Tuple[RunKey, ExchangeAblation]]:
    """Run :func:`ablate_exchange` on the test folds of a cross-validation.

    Runs with an inner validation fold are left out. The config of the study
    must be given if it imports modules of its own.
    """
    study = StudyFolder(path, given)
    results = read_json(
        osp.join(path, RESULTS), dict(runs=[_RUN_SHAPE]),
        'run tools/cross_validate.py until it has results')
    runs = [run for run in results['runs'] if not run['nested']]
    if not runs:
        raise UserError(f'{path} holds no run that was tested on its fold')
    for run in runs:
        key = RunKey(run['seed'], run['fold'])
        cfg = study.load_config()
        configure_run(cfg, key)
        if data_root is not None:
            set_everywhere(cfg, 'data_root', data_root)
        checkpoint = contained_path(
            study.run_dir(key), run['checkpoint'], follow=True)
        yield key, ablate_checkpoint(cfg, checkpoint)
