"""Measure the training and test steps of a config, and faster settings."""
import copy
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from torch import nn

from ...engine.config.config_errors import explain_config_errors
from ...engine.config.run_values import check_run_values
from ...engine.launch import enable_amp
from ...engine.run_summary import peak_memory_mb
from ...registry import MODELS
from ...utils.allocator import tune_allocator
from ...utils.errors import UserError
from ...utils.quiet_logger import quiet_logger
from .interleaved import Comparison, compare
from .rendered_batches import render_batches
from .step_counts import StepCounts, count_step

#: What can be measured: mixed precision as ``--amp`` has it, bfloat16 on any
#: device, CUDA graphs, and compilation of the network.
VARIANTS = ('float32', 'amp', 'bf16', 'graphs', 'bf16+graphs', 'compile',
            'amp+compile', 'bf16+compile')


class StepTimes(NamedTuple):
    """Measurements of a variant."""

    #: Training steps.
    train: Comparison
    #: Test steps.
    test: Comparison
    #: Sum of the losses of each training step, the warm-up included.
    losses: List[float]


class _Trained(NamedTuple):
    """A model in training, with a function that runs one step of it."""

    model: nn.Module
    step: Callable[[int], None]
    losses: List[float]


def prepare_measurement(cfg: Config) -> None:
    """Check a config, and set up this process as for a training."""
    check_run_values(cfg)
    tune_allocator()
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))


def build_training(cfg: Config, seed: int) -> Any:
    """Build the model of a config in training mode, and its optimizers."""
    set_random_seed(seed)
    with quiet_logger():
        model = MODELS.build(cfg.model)
        model.init_weights()
    model.to(torch.device(get_device())).train()
    return model, build_optim_wrapper(model, cfg.optim_wrapper)


def measure_speed(cfg: Config,
                  variants: Sequence[str] = ('float32', ),
                  steps: int = 20,
                  warmup: int = 3,
                  seed: int = 0) -> List[StepTimes]:
    """Measure training and test steps of a config, without its data.

    The batches are rendered faces that went through the pipelines of the
    config beforehand: loading is not measured. All variants start from the
    same weights and get the same batches in turns, so that their losses and
    times can be compared.

    Args:
        cfg (Config): A loaded config.
        variants (Sequence[str]): Of :data:`VARIANTS`.
        steps (int): Steps that count. Defaults to 20.
        warmup (int): Steps before them. Defaults to 3.
        seed (int): Defaults to 0.

    Returns:
        list[StepTimes]: The measurements of each variant.

    Raises:
        UserError: If an option is wrong, or the config cannot have it.
    """
    unknown = sorted(set(variants) - set(VARIANTS))
    if unknown or steps < 1 or warmup < 0:
        raise UserError(
            f'variants={", ".join(variants)}, steps={steps}, warmup={warmup}: '
            f'expected variants of {", ".join(VARIANTS)}, at least one step, '
            'and no negative warm-up')
    prepare_measurement(cfg)
    with explain_config_errors(cfg):
        batches = render_batches(cfg, 'train', steps + warmup, seed)
        test, = render_batches(cfg, 'test', 1, seed)
        trained = [
            _start(copy.deepcopy(cfg), variant, batches, seed)
            for variant in variants
        ]
        # Variants may be the same: names that differ, for the comparison.
        names = [f'{k} {variant}' for k, variant in enumerate(variants)]
        train = compare({
            n: t.step
            for n, t in zip(names, trained)
        }, steps, warmup)
        tests = compare(
            {
                n: _test_step(t.model, test)
                for n, t in zip(names, trained)
            }, steps, warmup)
    return [
        StepTimes(a._replace(name=name), b._replace(name=name), t.losses)
        for name, a, b, t in zip(variants, train, tests, trained)
    ]


def summarize_times(found: StepTimes, cfg: Config,
                    first: StepTimes) -> Dict[str, Any]:
    """Compute medians, ratios, and changes relative to the first variant.

    Returns:
        dict: As :meth:`Comparison.summary` of the training steps, with
        ``test_ms``, ``test_images_s``, ``loss_change``, the largest relative
        difference of the losses of a step, and ``peak_mib``, the peak so far
        of all variants: on a GPU that of its tensors, else of the process.
    """
    test = found.test.summary(cfg.test_dataloader.batch_size)
    return dict(
        **found.train.summary(cfg.train_dataloader.batch_size),
        test_ms=test['ms'],
        test_images_s=test['images_s'],
        peak_mib=peak_memory_mb(),
        loss_change=max(
            abs(a - b) / max(abs(b), 1e-12)
            for a, b in zip(found.losses, first.losses)))


def measure_counts(cfg: Config, seed: int = 0) -> StepCounts:
    """Count operations, kernels, waits, multiplications and bytes of a step.

    Args:
        cfg (Config): A loaded config.
        seed (int): Defaults to 0.

    Returns:
        StepCounts: The same on every machine with the same versions.
    """
    prepare_measurement(cfg)
    with explain_config_errors(cfg):
        data, = render_batches(cfg, 'train', 1, seed)
        model, optim_wrapper = build_training(cfg, seed)
        return count_step(model, optim_wrapper, data)


def _start(cfg: Config, variant: str, batches: List[Any],
           seed: int) -> _Trained:
    """Build a variant, and the function that trains it on a batch."""
    _set_variant(cfg, variant)
    model, optim_wrapper = build_training(cfg, seed)
    losses: List[float] = []

    def step(number: int) -> None:
        # Every variant draws the same dropout.
        torch.manual_seed(number)
        model.train()
        logged = model.train_step(
            copy.deepcopy(batches[number]), optim_wrapper)
        if 'loss' in logged:
            losses.append(float(logged['loss'].detach()))
        else:
            losses.append(
                sum(float(v) for k, v in logged.items() if 'loss' in k))

    return _Trained(model, step, losses)


def _test_step(model: nn.Module, data: Any) -> Callable[[int], None]:
    """Return a function that tests a model on a batch."""

    @torch.no_grad()
    def step(number: int) -> None:
        model.eval()
        model.test_step(copy.deepcopy(data))

    return step


def _set_variant(cfg: Config, variant: str) -> None:
    """Set precision, graphs and compilation in a config, in place."""
    parts = variant.split('+')
    if 'amp' in parts:
        enable_amp(cfg)
    elif 'bf16' in parts:
        enable_amp(cfg, 'bfloat16')
    if 'graphs' in parts:
        cfg.model.cuda_graphs = True
    network = cfg.model.get('network')
    if 'compile' not in parts:
        if network is not None:
            network.pop('compile', None)
    elif network is None:
        raise UserError(f'{cfg.filename}: model has no network to compile; '
                        'measure this config without compile')
    else:
        network.compile = network.get('compile') or True
