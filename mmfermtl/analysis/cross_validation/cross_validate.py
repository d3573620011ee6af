"""Train and test all folds of a config."""
import copy
import os
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import torch
from mmengine.config import Config

from ...engine.config.config_errors import explain_config_errors
from ...engine.config.run_values import check_run_values
from ...utils.errors import UserError
from ...utils.text_table import format_table
from .collect_results import collect_results, find_done
from .fold_config import check_subjects, configure_run, number_of_folds
from .report import format_results
from .run_key import RunKey, list_runs
from .run_pool import FailedRun, RunPool
from .run_progress import RunProgress
from .study_folder import StudyFolder

Done = Dict[RunKey, Dict[str, Any]]


class Outcome(NamedTuple):
    """What became of a cross-validation."""

    #: None if no fold is complete, or others are to collect.
    results: Optional[Dict[str, Any]]
    #: Runs that are not complete.
    missing: List[RunKey]
    failed: List[FailedRun]


def cross_validate(cfg: Config,
                   out: str,
                   folds: Optional[Sequence[int]] = None,
                   seeds: Sequence[int] = (0, ),
                   nested: str = 'no',
                   development: Sequence[int] = (),
                   jobs: Optional[int] = None,
                   gpus: Optional[Sequence[str]] = None,
                   amp: bool = False,
                   train: bool = True,
                   collect: bool = True) -> Outcome:
    """Run every (seed, fold) in a process of its own, and pool the results.

    Complete runs are not run again, and those that were interrupted go on
    where they were, so that the same call continues a study that was stopped
    in whatever way.

    Args:
        cfg (Config): A loaded config, not yet that of a fold.
        out (str): Folder of the study.
        folds (Sequence[int], optional): Folds from 0. Defaults to None, all.
        seeds (Sequence[int]): Seeds. Defaults to (0, ).
        nested (str): ``'also'`` to train each fold a second time without an
            inner validation fold, on which the epoch is then chosen;
            ``'only'`` to do nothing but this, and to look at no test fold;
            ``'no'``. Defaults to ``'no'``.
        development (Sequence[int]): Folds that were looked at to choose the
            config: the results have a figure without them. Defaults to ().
        jobs (int, optional): Runs at a time. Defaults to None, the number of
            GPUs, or 1 on the CPU.
        gpus (Sequence[str], optional): GPUs, as ``CUDA_VISIBLE_DEVICES``
            calls them. Defaults to None, all that are visible.
        amp (bool): Whether to train in mixed precision. Defaults to False.
        train (bool): Whether to train what is not complete. Defaults to
            True.
        collect (bool): Whether to pool the results. Defaults to True.

    Returns:
        Outcome: Results, and what is missing.

    Raises:
        UserError: If an option, the config or the folder is wrong.
    """
    number = number_of_folds(_first_fold(cfg))
    folds = list(range(number)) if folds is None else list(folds)
    for option, chosen in (('--folds', folds), ('--development', development)):
        wrong = [fold for fold in chosen if not 0 <= fold < number]
        if not wrong:
            continue
        raise UserError(f'{option}: fold {wrong[0]} is out of range; '
                        f'{cfg.filename} has the folds 0 to {number - 1}')
    if jobs is not None and jobs < 1:
        raise UserError(f'--jobs {jobs}: expected 1 or more')
    keys = list_runs(seeds, folds, nested)
    gpus = visible_gpus() if gpus is None else list(gpus)
    study = StudyFolder.open(out, cfg, number, amp)
    failed: List[FailedRun] = []
    if train:
        failed = _train(study, keys, jobs or len(gpus) or 1, gpus)
    done = find_done(study, keys)
    missing = [key for key in keys if key not in done]
    usable = _same_folds(done, seeds)
    results = None
    if collect and usable:
        results = collect_results(study, usable, nested, development)
    return Outcome(results, missing, failed)


def _first_fold(cfg: Config) -> Config:
    """The config of some run, placeholders filled in."""
    cfg = copy.deepcopy(cfg)
    configure_run(cfg, RunKey(0, 0))
    check_run_values(cfg)
    return cfg


def _train(study: StudyFolder, keys: Sequence[RunKey], jobs: int,
           gpus: Sequence[str]) -> List[FailedRun]:
    """Train the runs that are not complete."""
    done = find_done(study, keys)
    todo = [key for key in keys if key not in done]
    epochs = 0
    for key in todo:
        cfg = study.load_config()
        configure_run(cfg, key)
        epochs = cfg.train_cfg.max_epochs
        with explain_config_errors(cfg):
            check_subjects(cfg)
    progress = RunProgress(study, keys, done, epochs)
    try:
        return RunPool(study, jobs, gpus, progress).run(todo)
    finally:
        progress.close()


def _same_folds(done: Done, seeds: Sequence[int]) -> Done:
    """Keep the folds that are complete for all seeds, kind by kind."""
    return {
        key: value
        for key, value in done.items() if all(
            key._replace(seed=seed) in done for seed in seeds)
    }


def visible_gpus() -> List[str]:
    """GPUs that this process may use, as CUDA_VISIBLE_DEVICES calls them."""
    if not torch.cuda.is_available():
        return []
    named = os.environ.get('CUDA_VISIBLE_DEVICES')
    if named:
        return [name.strip() for name in named.split(',')]
    return [str(k) for k in range(torch.cuda.device_count())]


def format_outcome(outcome: Outcome) -> str:
    """Write what became of a cross-validation, for the terminal.

    Args:
        outcome (Outcome): What :func:`cross_validate` returned.

    Returns:
        str: The tables of results, and one of what failed.
    """
    parts = []
    if outcome.results is not None:
        parts.append(format_results(outcome.results))
    if outcome.failed:
        rows = [(str(run.key), run.reason, run.log) for run in outcome.failed]
        parts.append(
            format_table((f'FAILED RUNS: {len(rows)}', 'reason', 'log'), rows))
        parts += [
            f'{run.log} ends with:\n' + '\n'.join(f'    {line}'
                                                  for line in run.lines)
            for run in outcome.failed
        ]
        parts.append('The same command tries them again.')
    elif outcome.missing:
        listed = '; '.join(map(str, outcome.missing))
        parts.append(f'NOT COMPLETE: {len(outcome.missing)} runs ({listed})')
    return '\n\n'.join(parts)
