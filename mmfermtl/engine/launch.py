"""Prepare loaders, launcher and precision of a run."""
import gc
import logging
import os
from typing import Any, Dict, Optional, Tuple

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import is_distributed
from mmengine.logging import print_log
from mmengine.runner import Runner

from ..utils.environment import bf16_units
from ..utils.errors import UserError
from ..utils.model_parts import unwrap_model
from .config.held_out_guard import refuse_generated_tests

#: Devices on which MMEngine's AmpOptimWrapper works.
AMP_DEVICES = ('cuda', 'npu', 'mlu', 'musa')
PLAIN_WRAPPERS = ('OptimWrapper', 'mmengine.OptimWrapper')
SCALED_WRAPPERS = ('AmpOptimWrapper', 'mmengine.AmpOptimWrapper')
AUTOCAST_WRAPPERS = ('mmfermtl.AutocastOptimWrapper', )


def prepare_dataloaders(cfg: Config) -> None:
    """Check the loaders of a config, and complete them in place.

    Workers persist wherever there are some: MMEngine gives new ones the same
    seed every epoch, which would repeat the augmentation; and without workers
    PyTorch refuses the setting. Memory is pinned if there is a GPU.

    Raises:
        UserError: If generated images would be validated or tested on.
    """
    refuse_generated_tests(cfg)
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(name)
        if loader is not None:
            workers = loader.get('num_workers', 0)
            loader.persistent_workers = workers > 0
            loader.setdefault('pin_memory', torch.cuda.is_available())


def prepare_launcher(cfg: Config, launcher: str, training: bool) -> None:
    """Set the launcher, and join the process group if MMEngine cannot.

    MMEngine's own start of ``--launcher pytorch`` needs a GPU. Without one
    the gloo group is joined here and the model wrapper gets no device ids.
    The config is changed in place.

    Raises:
        UserError: If the launcher cannot work here.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    several = training and 'optimizer' not in (cfg.get('optim_wrapper') or {})
    if several and not cfg.get('model_wrapper_cfg'):
        raise UserError(
            f'{cfg.filename} trains with several optimizers, which the '
            "default distributed wrapper cannot: set 'model_wrapper_cfg' to a "
            'wrapper made for the model, or use --launcher none')
    if torch.cuda.is_available():
        return
    if launcher != 'pytorch':
        raise UserError(f'--launcher {launcher} needs GPUs, but none was '
                        'found; on CPUs use tools/dist_train.sh, which '
                        'starts --launcher pytorch')
    if not is_distributed():
        _join_gloo()
    if not cfg.get('model_wrapper_cfg'):
        cfg.model_wrapper_cfg = dict(
            type='MMDistributedDataParallel',
            broadcast_buffers=False,
            find_unused_parameters=cfg.get('find_unused_parameters', False))
    cfg.model_wrapper_cfg.device_ids = None


def _join_gloo() -> None:
    """Join the CPU process group that torchrun describes."""
    names = ('RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT')
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise UserError(
            '--launcher pytorch is meant to be started by torchrun, but the '
            f'environment lacks {", ".join(missing)}; use '
            'tools/dist_train.sh or tools/dist_test.sh')
    torch.distributed.init_process_group('gloo')


def leave_group(runner: Runner) -> None:
    """Leave the process group together with the other ranks.

    A rank that ends while another still communicates with it makes that one
    fail, and so does a wrapper that outlives the group: its threads then run
    when the process ends. The model of the runner is unwrapped.
    """
    if not is_distributed():
        return
    torch.distributed.barrier()
    runner.model = unwrap_model(runner.model)
    gc.collect()
    torch.distributed.destroy_process_group()


def parse_device(name: str) -> torch.device:
    """Find the device that ``--device`` names, such as 'cpu' or 'cuda:0'.

    Raises:
        UserError: If there is none of this name.
    """
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f'--device {name}: {str(error).splitlines()[0]}; expected cpu, '
            f'or cuda:N with N below the {torch.cuda.device_count()} GPUs '
            'found') from error
    return device


def enable_amp(cfg: Config, dtype: Optional[str] = None) -> None:
    """Switch every optimizer wrapper to mixed precision, in place.

    ``optim_wrapper`` may be one wrapper or a dict with one wrapper per child
    of the model. float16 is MMEngine's AmpOptimWrapper with a dynamic loss
    scale, bfloat16 autocast without one. What is done is logged, with a
    warning where the hardware has no units for it.

    Args:
        cfg (Config): The config.
        dtype (str, optional): ``'bfloat16'``, or ``'float16'``, which needs
            a GPU. Defaults to None: float16 on a GPU, else bfloat16.

    Raises:
        UserError: If a wrapper is of a type that cannot be switched, or the
            device cannot train in this precision.
    """
    wrappers = _find_wrappers(cfg)
    if not wrappers:
        raise UserError(f"--amp: {cfg.filename} has no 'optim_wrapper' with "
                        'an optimizer to switch to mixed precision')
    device = get_device()
    asked = dtype is not None
    if dtype is None:
        dtype = 'float16' if device in AMP_DEVICES else 'bfloat16'
    if dtype == 'float16' and device not in AMP_DEVICES:
        raise UserError(f'--amp-dtype float16 needs a GPU, found {device}; '
                        'use --amp-dtype bfloat16')
    known = PLAIN_WRAPPERS + SCALED_WRAPPERS + AUTOCAST_WRAPPERS
    for place, wrapper in wrappers.items():
        kind = wrapper.get('type', 'OptimWrapper')
        if kind not in known:
            raise UserError(f'--amp: {place}.type is {kind!r}, which cannot '
                            f'be switched; expected one of {", ".join(known)}')
        if dtype == 'bfloat16':
            wrapper['type'] = 'mmfermtl.AutocastOptimWrapper'
            if asked or kind not in AUTOCAST_WRAPPERS:
                wrapper['dtype'] = 'bfloat16'
            wrapper.pop('loss_scale', None)
            wrapper.pop('use_fsdp', None)
        elif asked or kind not in AUTOCAST_WRAPPERS:
            wrapper['type'] = 'AmpOptimWrapper'
            wrapper.pop('dtype', None)
            wrapper.setdefault('loss_scale', 'dynamic')
    text, slow = describe_amp(dtype, device)
    print_log(
        f'Mixed precision: {text}',
        'current',
        level=logging.WARNING if slow else logging.INFO)


def describe_amp(dtype: str, device: str) -> Tuple[str, bool]:
    """Describe what mixed precision does on this machine.

    Args:
        dtype (str): ``'bfloat16'`` or ``'float16'``.
        device (str): As MMEngine names it, such as ``'cpu'``.

    Returns:
        tuple[str, bool]: The text, and whether it is slower than float32
        here.
    """
    if device == 'cuda':
        name, (major, minor) = (torch.cuda.get_device_name(),
                                torch.cuda.get_device_capability())
        # Tensor cores have float16 since 7.0, bfloat16 since 8.0.
        slow = major < (8 if dtype == 'bfloat16' else 7)
        units = 'no tensor cores' if slow else 'tensor cores'
        advice = '; float32 is faster' if slow else ''
        return (f'{dtype} on {name} of compute capability {major}.{minor}, '
                f'which has {units} for it{advice}'), slow
    if device != 'cpu':
        return f'{dtype} on {device}', False
    found = bf16_units()
    if found is None:
        return ('bfloat16 on a CPU that does not tell whether it has units '
                'for it; compare with a run without --amp'), False
    if found:
        return f'bfloat16 on a CPU with {" and ".join(found)}', False
    return ('bfloat16 on a CPU without avx512_bf16 and amx_bf16, where it is '
            'slower than float32; leave out --amp unless you need the same '
            'precision as elsewhere'), True


def uses_amp(cfg: Config) -> bool:
    """Return whether a config, without ``--amp``, uses mixed precision."""
    return any(
        wrapper.get('type') in SCALED_WRAPPERS + AUTOCAST_WRAPPERS
        for wrapper in _find_wrappers(cfg).values())


def _find_wrappers(cfg: Config) -> Dict[str, Any]:
    """List the optimizer wrappers of a config by their place in it."""
    optim_wrapper = cfg.get('optim_wrapper') or {}
    if 'optimizer' in optim_wrapper:
        return {'optim_wrapper': optim_wrapper}
    return {
        f'optim_wrapper.{name}': child
        for name, child in optim_wrapper.items()
        if isinstance(child, dict) and 'optimizer' in child
    }
