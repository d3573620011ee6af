"""Measure the training and test steps of a config, and faster settings."""
import copy
import statistics
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from torch import nn
from torch.utils.benchmark import timer

from ..datasets import SyntheticFaces
from ..engine.config.config_datasets import dataset_configs
from ..engine.config.config_errors import explain_config_errors
from ..engine.config.run_values import check_run_values
from ..engine.launch import enable_amp
from ..engine.run_summary import peak_memory_mb
from ..registry import MODELS
from ..utils.allocator import tune_allocator
from ..utils.errors import UserError
from ..utils.quiet_logger import quiet_logger

#: What can be measured: mixed precision as ``--amp`` has it, bfloat16 on any
#: device, and compilation of the network.
VARIANTS = ('float32', 'amp', 'bf16', 'compile', 'amp+compile', 'bf16+compile')
#: Keys of transforms that set the size of an image.
_SIZES = ('size', 'scale', 'crop_size')


class StepTimes(NamedTuple):
    """Measurements of a variant."""

    variant: str
    #: Seconds of each training step after the warm-up.
    train: List[float]
    #: Seconds of each test step after the warm-up.
    test: List[float]
    #: Seconds of the first training step, which compiles.
    first: float
    #: Sum of the losses of each training step, the warm-up included.
    losses: List[float]
    #: Peak memory so far: on a GPU that of its tensors, else of the process.
    peak_mib: float


def measure_speed(cfg: Config,
                  variants: Sequence[str] = ('float32', ),
                  steps: int = 20,
                  warmup: int = 3,
                  seed: int = 0) -> Iterator[StepTimes]:
    """Measure training and test steps of a config, without its data.

    The batches are rendered faces that went through the pipelines of the
    config beforehand: loading is not measured. All variants start from the
    same weights and get the same batches, so that their losses can be
    compared.

    Args:
        cfg (Config): A loaded config.
        variants (Sequence[str]): Of :data:`VARIANTS`.
        steps (int): Steps that count. Defaults to 20.
        warmup (int): Steps before them. Defaults to 3.
        seed (int): Defaults to 0.

    Yields:
        StepTimes: The measurements of one variant after the other.

    Raises:
        UserError: If an option is wrong, or the config cannot have it.
    """
    unknown = sorted(set(variants) - set(VARIANTS))
    if unknown or steps < 1 or warmup < 0:
        raise UserError(
            f'variants={", ".join(variants)}, steps={steps}, warmup={warmup}: '
            f'expected variants of {", ".join(VARIANTS)}, at least one step, '
            'and no negative warm-up')
    check_run_values(cfg)
    tune_allocator()
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    with explain_config_errors(cfg):
        batches = _render_batches(cfg, 'train', steps + warmup, seed)
        tests = _render_batches(cfg, 'test', 1, seed)
        for variant in variants:
            yield _measure(
                copy.deepcopy(cfg), variant, batches, tests, warmup, seed)


def _measure(cfg: Config, variant: str, batches: List[Any], tests: List[Any],
             warmup: int, seed: int) -> StepTimes:
    """Train and test a variant."""
    _set_variant(cfg, variant)
    device = torch.device(get_device())
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats()
    set_random_seed(seed)
    with quiet_logger():
        model = MODELS.build(cfg.model)
        model.init_weights()
    model.to(device).train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    losses: List[float] = []
    trained = _time_steps(
        lambda data: losses.append(_train(model, data, optim_wrapper)),
        batches)
    model.eval()
    tested = _time_steps(torch.no_grad()(model.test_step),
                         tests * len(batches))
    return StepTimes(variant, trained[warmup:], tested[warmup:], trained[0],
                     losses, peak_memory_mb())


def _set_variant(cfg: Config, variant: str) -> None:
    """Set precision and compilation in a config, in place."""
    if 'amp' in variant:
        enable_amp(cfg)
    elif 'bf16' in variant:
        enable_amp(cfg, 'bfloat16')
    network = cfg.model.get('network')
    if 'compile' not in variant:
        if network is not None:
            network.pop('compile', None)
    elif network is None:
        raise UserError(f'{cfg.filename}: model has no network to compile; '
                        'measure this config without compile')
    else:
        network.compile = network.get('compile') or True


def _train(model: nn.Module, data: Any, optim_wrapper: Any) -> float:
    """Run a training step, and sum its losses."""
    logged = model.train_step(data, optim_wrapper)
    if 'loss' in logged:
        return float(logged['loss'].detach())
    return sum(float(v) for k, v in logged.items() if 'loss' in k)


def _time_steps(step: Callable[[Any], Any], batches: List[Any]) -> List[float]:
    """Measure the seconds of a step with each batch.

    Not by ``torch.utils.benchmark.Timer``, which repeats each call at least
    twice: a training step must not be repeated if losses are compared.
    """
    seconds = []
    for data in batches:
        data = copy.deepcopy(data)
        start = timer()  # waits for the GPU
        step(data)
        seconds.append(timer() - start)
    return seconds


def _render_batches(cfg: Config, split: str, count: int,
                    seed: int) -> List[Any]:
    """Make batches of a loader from rendered faces instead of its data."""
    leaf = dataset_configs(cfg, split)[0]
    size = cfg[f'{split}_dataloader'].batch_size
    loader, *others = leaf['pipeline']
    # The loaders of mmpretrain and MMCV read in colour by default.
    grey = loader.get('color_type', 'color') == 'grayscale'
    faces = SyntheticFaces(
        num_subjects=20,
        image_size=_largest_side(others),
        channels=1 if grey else 3,
        classes=leaf.get('classes', 7),
        pairs=leaf.get('pairs', False),
        pipeline=[dict(type='mmfermtl.LoadFace'), *others],
        split='all')
    set_random_seed(seed)
    order = torch.randint(len(faces), (count, size)).tolist()
    return [pseudo_collate([faces[k] for k in row]) for row in order]


def _largest_side(pipeline: Any) -> int:
    """Find the largest image side in pixels that a pipeline sets."""
    sides = [48]
    for transform in pipeline:
        for key in _SIZES:
            value = transform.get(key, ())
            sides += [value] if isinstance(value, int) else list(value)
        sides.append(_largest_side(transform.get('transforms', ())))
    return max(sides)


def summarize_times(found: StepTimes, cfg: Config,
                    first: StepTimes) -> Dict[str, Any]:
    """Compute medians, speeds, and the changes relative to the first variant.

    Returns:
        dict: ``train_ms`` and ``test_ms`` (medians of a step), ``train_fps``
        and ``test_fps`` (images per second), ``speedup`` of training,
        ``first_s`` (first step), ``peak_mib``, and ``loss_change``, the
        largest relative difference of the losses of a step.
    """
    train = statistics.median(found.train)
    test = statistics.median(found.test)
    return dict(
        variant=found.variant,
        train_ms=1e3 * train,
        train_fps=cfg.train_dataloader.batch_size / train,
        speedup=statistics.median(first.train) / train,
        test_ms=1e3 * test,
        test_fps=cfg.test_dataloader.batch_size / test,
        first_s=found.first,
        peak_mib=found.peak_mib,
        loss_change=max(
            abs(a - b) / max(abs(b), 1e-12)
            for a, b in zip(found.losses, first.losses)))
