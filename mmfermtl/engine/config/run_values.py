"""Refuse values of a config with which a run cannot learn or start."""
import logging
import math
from importlib.util import find_spec
from numbers import Integral, Real
from typing import Any, Callable, Dict, Iterator, NamedTuple, Tuple

from mmengine.config import Config

from ...utils.errors import UserError


class _Rule(NamedTuple):
    """What a value must be."""

    holds: Callable[[Any], bool]
    expected: str


def _is_whole(value: Any, least: int, most: float = math.inf) -> bool:
    return (isinstance(value, Integral) and not isinstance(value, bool)
            and least <= value <= most)


def _is_real(value: Any) -> bool:
    return (isinstance(value, Real) and not isinstance(value, bool)
            and math.isfinite(value))


def _are(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A number or a sequence of numbers, all of which pass."""
    return lambda value: (
        len(value) > 0 and all(map(check, value))
        if isinstance(value, (list, tuple)) else check(value))


_COUNT = _Rule(lambda v: _is_whole(v, 1), 'a whole number of at least 1')
_COUNT_OR_NONE = _Rule(lambda v: v is None or _is_whole(v, 1),
                       'None or a whole number of at least 1')
_POSITIVE = _Rule(lambda v: _is_real(v) and v > 0, 'a finite number above 0')
_NOT_NEGATIVE = _Rule(lambda v: _is_real(v) and v >= 0,
                      'a finite number of at least 0')
_LOOP = dict(
    max_epochs=_COUNT,
    max_iters=_COUNT,
    val_interval=_COUNT,
    val_begin=_Rule(lambda v: _is_whole(v, 0), 'a whole number of at least 0'))
_LOADER = dict(
    batch_size=_COUNT,
    num_batch_per_epoch=_COUNT_OR_NONE,
    prefetch_factor=_COUNT_OR_NONE,
    num_workers=_Rule(lambda v: _is_whole(v, 0),
                      'a whole number of at least 0'))
_OPTIMIZER = dict(
    lr=_POSITIVE,
    eps=_NOT_NEGATIVE,
    weight_decay=_NOT_NEGATIVE,
    momentum=_NOT_NEGATIVE,
    accumulative_counts=_COUNT,
    betas=_Rule(
        lambda v: isinstance(v, (list, tuple)) and len(v) == 2 and all(
            _is_real(b) and 0 <= b < 1 for b in v),
        'two numbers of at least 0 and below 1'))
_PREPROCESSOR = dict(
    mean=_Rule(lambda v: v is None or _are(_is_real)(v), 'finite numbers'),
    std=_Rule(
        lambda v: v is None or _are(lambda one: _is_real(one) and one > 0)(v),
        'finite numbers above 0'))
_SEED = _Rule(lambda v: v is None or _is_whole(v, 0, 2**32 - 1),
              'a whole number from 0 to 2**32 - 1')
#: Keys by the part of the config in which they stand, at any depth.
_RULES: Dict[str, Dict[str, _Rule]] = dict(
    train_cfg=_LOOP,
    train_dataloader=_LOADER,
    val_dataloader=_LOADER,
    test_dataloader=_LOADER,
    optim_wrapper=_OPTIMIZER,
    data_preprocessor=_PREPROCESSOR,
    randomness=dict(seed=_SEED))
#: A dataset's own keys of these names mean other things.
_OTHER_PARTS = ('dataset', 'sampler', 'batch_sampler', 'collate_fn')
#: Packages that the visualizer's backends need, and their name for pip.
_BACKENDS = dict(
    TensorboardVisBackend='tensorboard',
    WandbVisBackend='wandb',
    MLflowVisBackend='mlflow',
    ClearMLVisBackend='clearml',
    NeptuneVisBackend='neptune',
    DVCLiveVisBackend='dvclive',
    AimVisBackend='aim')


def check_run_values(cfg: Config) -> None:
    """Refuse what a run could not start with, or learn nothing with.

    PyTorch and MMEngine refuse some of it in words that do not name the
    key, and train with the rest, such as a learning rate that is infinite.

    Args:
        cfg (Config): The config as it will run.

    Raises:
        UserError: If a value is out of its range; the message names it.
    """
    where = cfg.filename or 'the config'
    for place, key, value, rules in _values(cfg.to_dict()):
        if key in rules and not rules[key].holds(value):
            raise UserError(f'{where}: {place} is {value!r}; expected '
                            f'{rules[key].expected}')
    _check_settings(cfg, where)


def _check_settings(cfg: Config, where: str) -> None:
    """Check values that stand alone."""
    work_dir = cfg.get('work_dir')
    if 'work_dir' in cfg and not (isinstance(work_dir, str)
                                  and work_dir.strip()):
        raise UserError(f'--work-dir is {work_dir!r}; expected the name of a '
                        'folder, such as work_dirs/NAME')
    level = cfg.get('log_level', 'INFO')
    if not (isinstance(level, int)
            or isinstance(logging.getLevelName(level), int)):
        raise UserError(f'{where}: log_level is {level!r}; expected DEBUG, '
                        'INFO, WARNING or ERROR')
    train = cfg.get('train_cfg') or {}
    if cfg.get('val_cfg') is not None and train.get(
            'val_begin', 0) > train.get('max_epochs', math.inf):
        raise UserError(
            f'{where}: train_cfg.val_begin is {train["val_begin"]}, after '
            f'the last epoch ({train["max_epochs"]}), so that nothing would '
            'be validated; make it less, or use --no-validate')
    visualizer = cfg.get('visualizer')
    backends = (
        visualizer.get('vis_backends')
        if isinstance(visualizer, dict) else None)
    for backend in backends or []:
        kind = backend.get('type') if isinstance(backend, dict) else backend
        kind = str(kind).split('.')[-1]
        package = _BACKENDS.get(kind)
        if package is not None and find_spec(package) is None:
            raise UserError(
                f'{where}: {kind} of visualizer.vis_backends needs the '
                f'package {package}, which is not installed; install it with '
                f'`pip install {package}`')


def _values(
    node: Any,
    place: str = '',
    rules: Dict[str, _Rule] = {}
) -> Iterator[Tuple[str, str, Any, Dict[str, _Rule]]]:
    """Yield place, key and value of all dicts, and the rules that hold."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        path = f'{place}.{key}' if place else str(key)
        yield path, key, value, rules
        if isinstance(value, (dict, list, tuple)):
            inner = {} if key in _OTHER_PARTS else rules
            yield from _values(value, path, _RULES.get(key, inner))
