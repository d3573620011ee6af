"""Measure what recognition takes from the other branch."""
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
_RESULTS_SHAPE = dict(runs=[
    dict(nested=bool, seed=_NUMBER, fold=_NUMBER, checkpoint=INNER_PATH)
])


class ExchangeAblation(NamedTuple):
    """Of how many faces the expression is read right, and as what else."""

    #: Number of faces.
    faces: int
    #: Read right with the features of the face itself, as trained.
    own: int
    #: Read right with the mean over all faces in their place: what is given
    #: says nothing of this face.
    mean: int
    #: Read right with the features of another subject with another
    #: expression.
    other: int
    #: Read then as the expression of the other subject.
    followed: int


@torch.no_grad()
def ablate_exchange(model: nn.Module,
                    dataset: Any,
                    batch_size: int = 64,
                    seed: int = 0) -> ExchangeAblation:
    """Read faces while the FES branch gives other features to recognition.

    At each exchange point the features that it gives are replaced. Its own
    path stays as it is up to the point where it takes from recognition.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL` with units that
            exchange features, in evaluation mode.
        dataset (Dataset): Faces; those without a label are left out.
        batch_size (int): Faces a pass. Defaults to 64.
        seed (int): For the choice of the other faces. Defaults to 0.

    Returns:
        ExchangeAblation: The counts.

    Raises:
        ValueError: If the branches exchange nothing, or all faces have one
            expression.
    """
    items = [dataset[i] for i in range(len(dataset))]
    items = [item for item in items if item['data_samples'].gt_label >= 0]
    samples = [item['data_samples'] for item in items]
    labels = np.array([int(sample.gt_label) for sample in samples])
    # A face whose subject is not known counts as that of one by itself.
    subjects = np.array([
        str(sample.get('subject', f'face {i}'))
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
        # The second half of a batch are the others of the first.
        return source.roll(len(source) // 2, 0)

    own = _read(model, items, batch_size, keep)
    of_mean = _read(model, items, batch_size, mean)
    of_other = _read(model, items, batch_size, swap, others)
    return ExchangeAblation(
        len(labels), int((own == labels).sum()), int(
            (of_mean == labels).sum()), int((of_other == labels).sum()),
        int((of_other == labels[others]).sum()))


def _read(model: nn.Module,
          items: List[Dict[str, Any]],
          batch_size: int,
          replacement: Callable,
          others: Optional[np.ndarray] = None) -> np.ndarray:
    """Labels read in all faces; their others follow them in each batch."""
    found: List[np.ndarray] = []
    for start in range(0, len(items), batch_size):
        faces = np.arange(start, min(start + batch_size, len(items)))
        chosen = faces
        if others is not None:
            chosen = np.concatenate([faces, others[faces]])
        data = dict(inputs=[items[i]['inputs'] for i in chosen])
        inputs = model.data_preprocessor(data, False)['inputs']
        with replace_source(model.network.backbone, replacement):
            logits = model(inputs)
        found.append(logits[:len(faces)].argmax(dim=1).cpu().numpy())
    return np.concatenate(found)


def ablate_checkpoint(cfg: Config, checkpoint: str) -> ExchangeAblation:
    """Do so with a checkpoint and the test set of its config.

    Args:
        cfg (Config): Config of the run.
        checkpoint (str): Its checkpoint.

    Returns:
        ExchangeAblation: The counts.

    Raises:
        UserError: If the model does not recognise, or nothing is exchanged.
    """
    model = load_model(cfg, checkpoint)
    if getattr(getattr(model, 'network', None), 'head', None) is None:
        raise UserError(
            f'{cfg.filename}: expected mmfermtl.FERMTL or a subclass of it '
            f'with a head, found {type(model).__name__}; nothing is '
            'recognised that an exchange could change')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    check_measured_on(checkpoint, dataset)
    try:
        return ablate_exchange(model, dataset)
    except ValueError as error:
        raise UserError(f'{cfg.filename}: {error}') from error


def ablate_study(
    path: str,
    data_root: Optional[str] = None,
    seed: int = 0,
    given: Optional[Config] = None
) -> Iterator[Tuple[RunKey, ExchangeAblation]]:
    """Do so with the last epochs of a cross-validation, one by one.

    Each is tested on the fold that it has not seen. Runs with an inner
    validation fold are left out.

    Args:
        path (str): Folder of the cross-validation.
        data_root (str, optional): Data folder, for every dataset.
        seed (int): See :func:`ablate_exchange`. Defaults to 0.
        given (Config, optional): Config of the study, if it imports modules
            of its own or was kept as code by an earlier version. Defaults to
            None: the folder has it as data.

    Yields:
        tuple[RunKey, ExchangeAblation]: A run and its counts.

    Raises:
        UserError: If the folder holds no results, or as for
            :func:`ablate_checkpoint`.
    """
    study = StudyFolder(path, given)
    results = read_json(
        osp.join(path, RESULTS), _RESULTS_SHAPE,
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


def _choose_others(labels: np.ndarray, subjects: np.ndarray,
                   seed: int) -> np.ndarray:
    """For each face one of another subject with another expression."""
    rng = np.random.default_rng(seed)
    chosen = []
    for label, subject in zip(labels, subjects):
        fits = np.flatnonzero((labels != label) & (subjects != subject))
        if not len(fits):
            raise ValueError(
                'no face of another subject has another expression than '
                f'label {label}; test on several subjects and expressions')
        chosen.append(rng.choice(fits))
    return np.array(chosen)
