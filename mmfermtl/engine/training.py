"""Train a model as ``tools/train.py`` does."""
import os.path as osp
from typing import Optional, Union

import torch
from mmengine.config import Config
from mmengine.dist import is_distributed, is_main_process
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ..utils.allocator import tune_allocator
from ..utils.config.formatted_config import FormattedOnceConfig
from ..utils.errors import UserError
from ..utils.safe_loading import load_checkpoint_safely
from .checkpoints.checkpoint_files import check_checkpoint_fits
from .config.config_errors import explain_config_errors
from .config.held_out_guard import require_leak_check, require_training_facts
from .config.run_values import check_run_values
from .config.schedules import check_schedules
from .hooks import DivergenceHook
from .launch import (enable_amp, leave_group, prepare_dataloaders,
                     prepare_launcher)
from .resume import (RebaseCheckpointPathsHook, ResumeOption,
                     explain_resume_errors, find_resume_point)
from .work_dir import lock_work_dir, name_file_errors


def run_training(cfg: Config,
                 resume: ResumeOption = None,
                 amp: Union[bool, str] = False,
                 validate: bool = True,
                 auto_scale_lr: bool = False,
                 allow_leak: bool = False,
                 launcher: str = 'none') -> Runner:
    """Train a model.

    Args:
        cfg (Config): A loaded config with its ``work_dir`` set. Changed in
            place.
        resume (str | bool, optional): A checkpoint to resume from,
            ``'auto'`` for the latest in the work directory if there is one,
            True for the latest, which must exist. Defaults to None, which
            starts from scratch unless the config itself has ``resume=True``.
        amp (bool | str): Whether to train in mixed precision, or its type,
            see :func:`enable_amp`. Defaults to False.
        validate (bool): Whether to validate. Defaults to True.
        auto_scale_lr (bool): Whether to scale the learning rate with the
            batch size. Defaults to False.
        allow_leak (bool): Whether to continue, and record it in
            ``summary.json``, where subjects or images are trained and
            measured on. Defaults to False.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'. Defaults to
            'none'.

    Returns:
        Runner: The runner, after training.

    Raises:
        UserError: If the config or an option is wrong.
    """
    if any(
            cfg.get(k) is None
            for k in ('train_dataloader', 'train_cfg', 'optim_wrapper')):
        raise UserError(f'{cfg.filename} cannot be trained: expected '
                        'train_dataloader, train_cfg and optim_wrapper')
    if not validate:
        # MMEngine wants all three or none.
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    check_run_values(cfg)
    if amp:
        enable_amp(cfg, amp if isinstance(amp, str) else None)
    if auto_scale_lr:
        if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
            raise UserError(
                f'--auto-scale-lr: {cfg.filename} does not give the batch '
                'size that its learning rate is meant for; expected '
                'auto_scale_lr=dict(base_batch_size=N)')
        cfg.auto_scale_lr.enable = True
    check_schedules(cfg)
    prepare_dataloaders(cfg)
    require_leak_check(cfg, allow_leak)
    require_training_facts(cfg, allow_leak)
    with lock_work_dir(cfg.work_dir, launcher), \
            name_file_errors(cfg.work_dir):
        return _train(cfg, resume, launcher)


def _train(cfg: Config, resume: ResumeOption, launcher: str) -> Runner:
    """Train in a work directory that no other process trains in."""
    if resume is None and cfg.get('resume'):
        resume = cfg.get('load_from') or 'auto'
    point = find_resume_point(cfg, resume)
    cfg.resume = point is not None
    if point is not None:
        cfg.load_from = point.path
    elif cfg.get('load_from'):
        # MMEngine would unpickle a file that cannot be loaded safely.
        load_checkpoint_safely(cfg.load_from)
    runner = None
    try:
        prepare_launcher(cfg, launcher, training=True)
        with explain_config_errors(cfg):
            runner = build_runner(cfg)
        runner.register_hook(DivergenceHook())
        if point is not None:
            check_checkpoint_fits(runner.model, point.checkpoint, point.path,
                                  cfg.filename)
            runner.register_hook(RebaseCheckpointPathsHook())
            explain_resume_errors(runner, point.path)
        with explain_config_errors(cfg):
            runner.train()
        if launcher != 'none':
            leave_group(runner)
    except KeyboardInterrupt:
        # The group is not left, because that waits for the other processes.
        _report_stop(runner)
        raise
    except Exception:
        if launcher != 'none' and is_distributed():
            torch.distributed.destroy_process_group()
        raise
    return runner


def build_runner(cfg: Config) -> Runner:
    """Build MMEngine's runner, or the one named by ``runner_type``."""
    tune_allocator()
    cfg = FormattedOnceConfig.of(cfg)
    return RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)


def _report_stop(runner: Optional[Runner]) -> None:
    """Log where a training was stopped, and how to continue it."""
    if not is_main_process():
        return
    last = runner and runner.message_hub.runtime_info.get('last_ckpt')
    if last:
        advice = ('the same command with --resume continues from '
                  f'{osp.basename(last)}')
    else:
        advice = ('no checkpoint was saved yet, so that the same command '
                  'starts from scratch')
    at = f' at epoch {runner.epoch + 1}, step {runner.iter}' if runner else ''
    print_log(f'Stopped{at}; {advice}', 'current')
