"""Train and test all folds of a config."""
import copy
import os
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Union

import torch
from mmengine.config import Config

from ...engine.config.config_errors import explain_config_errors
from ...engine.config.run_values import check_run_values
from ...engine.launch import enable_amp
from ...engine.testing import enable_tta
from ...utils.errors import UserError
from ...utils.text_table import format_table
from .augmented_test import run_augmented_tests
from .collect_results import collect_results
from .fold_config import check_subjects, configure_run, number_of_folds
from .report import format_results
from .run_key import RunKey, list_runs
from .run_pool import FailedRun, RunPool
from .run_progress import RunProgress
from .study_folder import StudyFolder


class Outcome(NamedTuple):
    """The outcome of a cross-validation."""

    #: None if no fold is complete, or the results were not asked for.
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
                   amp: Union[bool, str] = False,
                   train: bool = True,
                   collect: bool = True,
                   tta: bool = False) -> Outcome:
    """Run every (seed, fold) in a process of its own, and pool the results.

    Complete runs are not repeated and interrupted ones resume, so that the
    same call continues a study, however it was stopped.

    Args:
        cfg (Config): A loaded config, not yet that of a fold.
        out (str): Folder of the study.
        folds (Sequence[int], optional): Folds from 0. Defaults to None, all.
        seeds (Sequence[int]): Seeds. Defaults to (0, ).
        nested (str): ``'also'`` to train each fold a second time without an
            inner validation fold, on which the epoch is then chosen;
            ``'only'`` for these runs alone, without using the test folds;
            ``'no'``. Defaults to ``'no'``.
        development (Sequence[int]): Folds that the config was chosen on: the
            results are also given without them. Defaults to ().
        jobs (int, optional): Concurrent runs. Defaults to None, the number
            of GPUs, or 1 on the CPU.
        gpus (Sequence[str], optional): GPUs, as ``CUDA_VISIBLE_DEVICES``
            names them. Defaults to None, all that are visible.
        amp (bool | str): Whether to train in mixed precision, or its type,
            see :func:`~mmfermtl.engine.launch.enable_amp`. Defaults to False.
        train (bool): Whether to train what is not complete. Defaults to
            True.
        collect (bool): Whether to pool the results. Defaults to True.
        tta (bool): Whether to test the complete runs with test-time
            augmentation, too. Defaults to False.

    Returns:
        Outcome: Results, and the runs that are missing or failed.

    Raises:
        UserError: If an option, the config or the folder is wrong.
    """
    number = _count_folds(cfg, tta)
    folds = list(range(number)) if folds is None else list(folds)
    for option, chosen in (('--folds', folds), ('--development', development)):
        wrong = [fold for fold in chosen if not 0 <= fold < number]
        if wrong:
            raise UserError(f'{option}: fold {wrong[0]} is out of range; '
                            f'{cfg.filename} has the folds 0 to {number - 1}')
    if jobs is not None and jobs < 1:
        raise UserError(f'--jobs {jobs}: expected 1 or more')
    keys = list_runs(seeds, folds, nested)
    gpus = visible_gpus() if gpus is None else list(gpus)
    if isinstance(amp, str):
        # Recorded in the config of the study.
        enable_amp(cfg, amp)
        amp = False
    study = StudyFolder.open(out, cfg, number, amp)
    failed: List[FailedRun] = []
    if train:
        failed = _train(study, keys, jobs or len(gpus) or 1, gpus)
    done = study.find_done(keys)
    if tta:
        run_augmented_tests(study, done)
    # A fold counts when it is complete for all seeds.
    usable = {
        key: value
        for key, value in done.items() if all(
            key._replace(seed=seed) in done for seed in seeds)
    }
    results = None
    if collect and usable:
        results = collect_results(study, usable, nested, development)
    return Outcome(results, [key for key in keys if key not in done], failed)


def _count_folds(cfg: Config, tta: bool) -> int:
    """Check the config of a run, and count the folds of its test set."""
    cfg = copy.deepcopy(cfg)
    configure_run(cfg, RunKey(0, 0))
    check_run_values(cfg)
    number = number_of_folds(cfg)
    if tta:
        enable_tta(cfg)  # before hours of training
    return number


def _train(study: StudyFolder, keys: Sequence[RunKey], jobs: int,
           gpus: Sequence[str]) -> List[FailedRun]:
    """Train the runs that are not complete."""
    done = study.find_done(keys)
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


def visible_gpus() -> List[str]:
    """List the GPUs of this process as CUDA_VISIBLE_DEVICES names them."""
    if not torch.cuda.is_available():
        return []
    named = os.environ.get('CUDA_VISIBLE_DEVICES')
    if named:
        return [name.strip() for name in named.split(',')]
    return [str(k) for k in range(torch.cuda.device_count())]


def format_outcome(outcome: Outcome) -> str:
    """Write the tables of results and failed runs for the terminal."""
    parts = []
    if outcome.results is not None:
        parts.append(format_results(outcome.results))
    if outcome.failed:
        rows = [(str(run.key), run.reason, run.log) for run in outcome.failed]
        parts.append(
            format_table((f'FAILED RUNS: {len(rows)}', 'reason', 'log'), rows))
        parts += [
            '\n    '.join([f'{run.log} ends with:', *run.lines])
            for run in outcome.failed
        ]
        parts.append('The same command tries them again.')
    elif outcome.missing:
        listed = '; '.join(map(str, outcome.missing))
        parts.append(f'NOT COMPLETE: {len(outcome.missing)} runs ({listed})')
    return '\n\n'.join(parts)
