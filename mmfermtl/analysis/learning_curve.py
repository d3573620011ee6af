"""Measure accuracy against the number of training subjects."""
import copy
import os.path as osp
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

from matplotlib.figure import Figure
from mmengine.config import Config

from ..engine.config.held_out_guard import is_generated
from ..utils.errors import UserError
from ..utils.wrapped_datasets import leaf_datasets
from .cross_validation import cross_validate


class CurvePoint(NamedTuple):
    """The results of one number of training subjects."""

    #: None for all that a fold has.
    subjects: Optional[int]
    #: Draws of subjects, each of them with a seed of its own.
    draws: int
    images: int
    #: Pooled accuracy in percent, mean over the draws.
    accuracy: float
    #: Of each draw.
    accuracies: List[float]
    #: 95 % over test subjects, and over draws too if there are several.
    interval: List[float]
    #: Runs that are not complete.
    missing: int


def measure_learning_curve(cfg: Config,
                           out: str,
                           subjects: Sequence[int],
                           draws: Sequence[int] = (0, ),
                           folds: Optional[Sequence[int]] = None,
                           jobs: Optional[int] = None,
                           amp: Union[bool, str] = False,
                           everyone: bool = True) -> List[CurvePoint]:
    """Cross-validate a config with few training subjects.

    Each number of subjects is a study of its own in ``out``, so that the same
    call continues what was stopped. Each draw has its own subjects and its
    own seed; those of a smaller number are among those of a larger one.

    Args:
        cfg (Config): A loaded config that trains on one dataset with subject
            folds, and perhaps on images that were generated from it, whose
            folder may name the draw as ``{seed}`` and must name the number
            of subjects as ``{subjects}``, ``all`` for all, if there are
            several.
        out (str): Folder of the studies.
        subjects (Sequence[int]): Numbers of training subjects.
        draws (Sequence[int]): Draws. Defaults to (0, ).
        folds (Sequence[int], optional): As in
            :func:`~mmfermtl.analysis.cross_validation.cross_validate`.
        jobs (int, optional): As there.
        amp (bool | str): As there.
        everyone (bool): Whether to measure all training subjects, too.
            Defaults to True.

    Returns:
        list[CurvePoint]: By number; those without a complete fold are left
        out.

    Raises:
        UserError: If the config cannot have the options, or an option is
            wrong.
    """
    found = len(_leaves(cfg))
    if found != 1:
        raise UserError(f'{cfg.filename} trains on {found} datasets of real '
                        'images; expected one')
    numbers: List[Optional[int]] = sorted(set(subjects))
    if not numbers or numbers[0] < 1:
        raise UserError(f'--subjects {",".join(map(str, subjects))}: expected '
                        'numbers of at least 1')
    numbers += [None] * everyone
    for leaf in _leaves(cfg, generated=True):
        if len(numbers) > 1 and '{subjects}' not in leaf.data_root:
            raise UserError(
                f'{cfg.filename}: the generated images in {leaf.data_root} '
                f'are of one number of training subjects, found '
                f'{len(numbers)}; name it as {{subjects}} in `data_root`, or '
                'give one number and --not-all')
    points = []
    for number in numbers:
        study = copy.deepcopy(cfg)
        name = 'all' if number is None else f'{number}'
        if number is not None:
            # `{seed}` is replaced by that of each run.
            _leaves(study)[0].update(
                train_subjects=number, subject_draw='{seed}')
        for leaf in _leaves(study, generated=True):
            leaf.data_root = leaf.data_root.replace('{subjects}', name)
        outcome = cross_validate(
            study,
            osp.join(out, f'subjects_{name}'),
            folds=folds,
            seeds=draws,
            jobs=jobs,
            amp=amp)
        if outcome.results is not None:
            points.append(
                _point(number, outcome.results, len(outcome.missing)))
    return points


def _leaves(cfg: Config, generated: bool = False) -> List[Any]:
    """List the training datasets of real or generated images, unwrapped."""
    loader = cfg.get('train_dataloader') or {}
    return [
        leaf for leaf in leaf_datasets(loader.get('dataset'))
        if is_generated(leaf.get('type')) == generated
    ]


def _point(number: Optional[int], results: Dict[str, Any],
           missing: int) -> CurvePoint:
    """Summarise a study."""
    scores = results['selections']['last']
    intervals = scores['intervals']
    both = intervals['subjects_and_seeds'] or intervals['subject_bootstrap']
    return CurvePoint(
        number,
        len(scores['seeds']),
        scores['num_images'],
        float(scores['pooled_accuracy']),
        accuracies=[float(seed['accuracy']) for seed in scores['seeds']],
        interval=[float(bound) for bound in both['accuracy']],
        missing=missing)


def draw_learning_curve(curves: Dict[str, Sequence[CurvePoint]],
                        path: str) -> None:
    """Draw curves to an image file, with their intervals.

    Args:
        curves (dict[str, Sequence[CurvePoint]]): Points by name.
        path (str): Image file, for example ``curve.png``.
    """
    figure = Figure(figsize=(6, 4), layout='constrained')
    axes = figure.add_subplot()
    found = {p.subjects for points in curves.values() for p in points}
    # All subjects are drawn behind the largest number of all curves.
    place = {n: n or 1.5 * max(filter(None, found), default=1) for n in found}
    axes.set_xticks([*place.values()], [str(n or 'all') for n in place])
    for name, points in curves.items():
        places = [place[p.subjects] for p in points]
        low, high = ([abs(p.accuracy - p.interval[k]) for p in points]
                     for k in (0, 1))
        axes.errorbar(
            places, [p.accuracy for p in points],
            yerr=[low, high],
            marker='o',
            capsize=3,
            label=name)
    axes.set_xlabel('training subjects')
    axes.set_ylabel('accuracy in percent')
    axes.grid(alpha=.3)
    axes.legend()
    figure.savefig(path, dpi=110)
