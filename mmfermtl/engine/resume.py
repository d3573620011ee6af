"""Find the checkpoint that a training run resumes from."""
import logging
import os
import os.path as osp
import re
from typing import Any, Dict, List, NamedTuple, Optional, Union

from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from ..utils.errors import UserError, is_user_error
from ..utils.safe_loading import load_checkpoint_safely
from .checkpoints.training_facts import trained_fold
from .config.schedules import list_schedulers

#: A path, 'auto', True for a bare ``--resume``, or None for a new run.
ResumeOption = Union[str, bool, None]


class ResumePoint(NamedTuple):
    """A checkpoint file and its content."""

    path: str
    checkpoint: Dict[str, Any]


class RebaseCheckpointPathsHook(Hook):
    """Point a resumed run to the checkpoints of its own work directory.

    MMEngine removes the files that a checkpoint names as the best so far and
    as those to keep, and whole folders too. Checkpoints store absolute paths,
    which in a copied work directory are those of the original, and may come
    from strangers: whatever is no checkpoint in the work directory is
    ignored.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Rewrite the stored paths before CheckpointHook reads them."""
        info = runner.message_hub.runtime_info
        for key, value in list(info.items()):
            if not str(key).startswith(('last_ckpt', 'best_ckpt')):
                continue
            path = value.replace('\\', '/') if isinstance(value, str) else ''
            name = path.rsplit('/', 1)[-1]
            path = osp.join(runner.work_dir, name)
            if re.fullmatch(r'[^\x00.][^\x00]*\.pth',
                            name) and not osp.isdir(path):
                runner.message_hub.update_info(key, path)
            else:
                _log(f'the checkpoint names {value!r:.100} as {key}, which is '
                     'no checkpoint of the work directory, and is ignored')
                del info[key]
        steps = info.get('keep_ckpt_ids')
        if steps is not None and not (isinstance(steps, list) and all(
                type(step) is int and step >= 0 for step in steps)):
            _log(f'the checkpoint names {steps!r:.100} as those to keep, '
                 'expected a list of epochs or iterations; it is ignored')
            del info['keep_ckpt_ids']


def find_resume_point(cfg: Config,
                      resume: ResumeOption) -> Optional[ResumePoint]:
    """Find the checkpoint to resume from and check that it fits the run.

    Of :data:`ResumeOption`, ``'auto'`` is the latest checkpoint in the work
    directory if there is one, True the latest, which must exist. A loop of
    epochs begins with a whole one: checkpoints from within an epoch are
    passed over.

    Raises:
        UserError: If there is nothing to resume from, or the checkpoint
            belongs to another run or was saved within an epoch.
    """
    if not resume:
        names = _step_checkpoints(cfg.work_dir)
        if names:
            _log(f'{cfg.work_dir} already holds {len(names)} checkpoints of a '
                 'run, which this new run will overwrite one by one. To '
                 'continue it use --resume; to keep it use another --work-dir')
        return None
    by_epoch = (cfg.get('train_cfg') or {}).get('max_epochs') is not None
    if isinstance(resume, str) and resume != 'auto':
        point = _load_point(resume, by_epoch)
    else:
        point = _find_latest(cfg.work_dir, by_epoch)
    if point is None:
        if resume == 'auto':
            _log(
                f'no checkpoint to resume from in {cfg.work_dir}: starting '
                'from scratch', logging.INFO)
            return None
        raise UserError(
            f'--resume: no usable checkpoint in {cfg.work_dir}. Give its path '
            '(--resume PATH), the work directory of the run (--work-dir), or '
            '--resume auto to start from scratch if there is none')
    _check_same_fold(point, cfg)
    _check_same_length(point, cfg)
    return point


def explain_resume_errors(runner: Runner, path: str) -> None:
    """Let a runner name the file that it cannot resume from.

    PyTorch and MMEngine compare neither types nor names in the state of
    optimizers, schedules and histories.
    """
    resume = runner.resume

    def resume_or_explain(*args: Any, **kwargs: Any) -> None:
        try:
            resume(*args, **kwargs)
        except Exception as error:
            if is_user_error(error):
                raise
            raise UserError(
                f'checkpoint {path} cannot be resumed: its state of '
                'optimizer, schedules or history is not that of this run '
                f'({type(error).__name__}: {str(error)[:200]}). Give an '
                'earlier checkpoint of the run, or start a new one with '
                '--cfg-options load_from=PATH') from error

    runner.resume = resume_or_explain


def _find_latest(work_dir: str, by_epoch: bool) -> Optional[ResumePoint]:
    """Load the newest complete checkpoint of a run.

    ``last_checkpoint`` holds an absolute path, of which only the name is
    used, so that a moved work directory resumes from itself. Files numbered
    above it were left by an earlier run and are not tried.
    """
    steps = {_step(name): name for name in _step_checkpoints(work_dir)}
    pointer = osp.join(work_dir, 'last_checkpoint')
    last = None
    if osp.isfile(pointer):
        with open(pointer, encoding='utf-8') as file:
            name = osp.basename(file.read().strip().replace('\\', '/'))
        last = _step(name)
        if last is not None:
            steps[last] = name
    for step in sorted(steps, reverse=True):
        if last is not None and step > last:
            _log(f'{steps[step]} is newer than what last_checkpoint names, '
                 'and is ignored; give its path to resume from it')
            continue
        try:
            return _load_point(osp.join(work_dir, steps[step]), by_epoch)
        except ValueError as error:
            _log(f'cannot resume from {steps[step]}, trying the one before: '
                 f'{error}')
    return None


def _load_point(path: str, by_epoch: bool) -> ResumePoint:
    """Load one checkpoint and require the state that resuming needs.

    ``by_epoch`` is whether the loop counts epochs.
    """
    checkpoint = load_checkpoint_safely(path)
    meta = checkpoint['meta']
    missing = [
        k for k in ('optimizer', 'message_hub') if checkpoint.get(k) is None
    ]
    missing += [f'meta.{k}' for k in ('epoch', 'iter') if meta.get(k) is None]
    if missing:
        raise UserError(
            f'checkpoint {path} lacks {", ".join(missing)}, without which '
            'training cannot continue. A best_*.pth file or a published one '
            'has weights only: resume from epoch_N.pth, or start a new run '
            'with --cfg-options load_from=PATH')
    if 'config' in meta:
        raise UserError(f"checkpoint {path} has 'meta.config', which MMEngine "
                        'would run as Python code; such files are refused')
    info = checkpoint['message_hub'].get('runtime_info')
    # The epoch in training; that of `meta`, where to resume, is the next one
    # after a whole epoch.
    if by_epoch and isinstance(info,
                               dict) and info.get('epoch') == meta['epoch']:
        raise UserError(
            f'checkpoint {path} was saved within an epoch, after iteration '
            f'{meta["iter"]}, which would be trained again from its beginning;'
            ' expected one of a whole epoch, as '
            'default_hooks.checkpoint.by_epoch=True saves them. Give an '
            'earlier one, or start a new run from its weights with '
            '--cfg-options load_from=PATH')
    return ResumePoint(path, checkpoint)


def _check_same_fold(point: ResumePoint, cfg: Config) -> None:
    """Refuse to train on subjects that were held out for testing."""
    before, now = trained_fold(point.checkpoint, point.path), cfg.get('fold')
    if before is not None and 'fold' in cfg and before != now:
        raise UserError(
            f'checkpoint {point.path} was trained on fold {before}, but this '
            f'run is of fold {now}: its test subjects would have been seen in '
            f'training. Use --fold {before} or another work directory')


def _check_same_length(point: ResumePoint, cfg: Config) -> None:
    """Warn if the number of epochs changed; refuse if schedules did."""
    info = point.checkpoint['message_hub'].get('runtime_info')
    before = info.get('max_epochs') if isinstance(info, dict) else None
    now = (cfg.get('train_cfg') or {}).get('max_epochs')
    stored = point.checkpoint.get('param_schedulers')
    stored = {'': stored} if isinstance(stored, list) else stored or {}
    planned = list_schedulers(cfg)
    for name, states in stored.items():
        wanted = planned.get(name, planned.get('', ()))
        # MMEngine would let those begin now that the checkpoint lacks.
        if isinstance(states, list) and len(states) < len(wanted):
            raise UserError(
                f'checkpoint {point.path} has {len(states)} schedules, but '
                f'this run has {len(wanted)}: it was planned for {before} '
                f'epochs, and this one for {now}. Start a new run')
    if before is not None and now is not None and before != now:
        _log(f'max_epochs was {before} and is now {now}. The learning rate '
             'schedule is restored as it was stored, so it still ends where '
             f'it was planned for {before} epochs, whatever param_scheduler '
             'now has. For a schedule of the new length start a new run')


def _step_checkpoints(work_dir: str) -> List[str]:
    """Names of the epoch and iteration checkpoints of a directory."""
    if not osp.isdir(work_dir):
        return []
    return [n for n in sorted(os.listdir(work_dir)) if _step(n) is not None]


def _step(name: str) -> Optional[int]:
    """Epoch or iteration in the name of a checkpoint, if it has one."""
    found = re.fullmatch(r'(?:epoch|iter)_(\d+)\.pth', name)
    return int(found.group(1)) if found else None


def _log(message: str, level: int = logging.WARNING) -> None:
    """Log before and after the Runner has made its logger."""
    print_log(message, logger='current', level=level)
