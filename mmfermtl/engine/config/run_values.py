"""Refuse values of a config with which a run cannot learn or start."""
import logging
import math
from numbers import Integral, Real
from typing import Any, Dict, Optional

from mmengine.config import Config

from ...utils.config.config_tree import Path, dotted, walk_config
from ...utils.errors import UserError
from ...utils.json_documents import Rule


def _is_whole(value: Any, least: int, most: float = math.inf) -> bool:
    return (isinstance(value, Integral) and not isinstance(value, bool)
            and least <= value <= most)


def _is_real(value: Any) -> bool:
    return (isinstance(value, Real) and not isinstance(value, bool)
            and math.isfinite(value))


def _all_real(value: Any, above: float = -math.inf) -> bool:
    """Check a number or a sequence of numbers."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return len(values) > 0 and all(_is_real(v) and v > above for v in values)


_COUNT = Rule('a whole number of at least 1', lambda v: _is_whole(v, 1))
_COUNT_OR_NONE = Rule('None or a whole number of at least 1',
                      lambda v: v is None or _is_whole(v, 1))
_COUNT_FROM_0 = Rule('a whole number of at least 0', lambda v: _is_whole(v, 0))
_NOT_NEGATIVE = Rule('a finite number of at least 0',
                     lambda v: _is_real(v) and v >= 0)
_LOADER = dict(
    batch_size=_COUNT,
    num_batch_per_epoch=_COUNT_OR_NONE,
    prefetch_factor=_COUNT_OR_NONE,
    num_workers=_COUNT_FROM_0)
#: Keys by the part of the config that they belong to, at any depth in it.
_RULES: Dict[Any, Dict[str, Rule]] = dict(
    train_cfg=dict(
        max_epochs=_COUNT,
        max_iters=_COUNT,
        val_interval=_COUNT,
        val_begin=_COUNT_FROM_0),
    train_dataloader=_LOADER,
    val_dataloader=_LOADER,
    test_dataloader=_LOADER,
    optim_wrapper=dict(
        lr=Rule('a finite number above 0', lambda v: _is_real(v) and v > 0),
        eps=_NOT_NEGATIVE,
        weight_decay=_NOT_NEGATIVE,
        momentum=_NOT_NEGATIVE,
        accumulative_counts=_COUNT,
        betas=Rule(
            'two numbers of at least 0 and below 1',
            lambda v: isinstance(v, (list, tuple)) and len(v) == 2 and all(
                _is_real(b) and 0 <= b < 1 for b in v))),
    data_preprocessor=dict(
        mean=Rule('finite numbers', lambda v: v is None or _all_real(v)),
        std=Rule('finite numbers above 0',
                 lambda v: v is None or _all_real(v, 0))),
    randomness=dict(
        seed=Rule('a whole number from 0 to 2**32 - 1',
                  lambda v: v is None or _is_whole(v, 0, 2**32 - 1))))
#: Parts inside of these whose keys of the same names mean other things.
_OTHER_PARTS = ('dataset', 'sampler', 'batch_sampler', 'collate_fn')


def check_run_values(cfg: Config) -> None:
    """Refuse values with which a run could not start, or learn nothing.

    PyTorch and MMEngine refuse some of them with messages that do not name
    the key, and train with the rest, such as a learning rate that is
    infinite.

    Raises:
        UserError: If a value is out of its range; the message names it.
    """
    where = cfg.filename or 'the config'
    for path, value in walk_config(cfg.to_dict()):
        rule = _find_rule(path)
        if rule is not None and not rule.test(value):
            raise UserError(f'{where}: {dotted(path)} is {value!r}; expected '
                            f'{rule.wanted}')
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


def _find_rule(path: Path) -> Optional[Rule]:
    """Find the rule of the innermost part that a value belongs to."""
    rules: Dict[str, Rule] = {}
    for key in path[:-1]:
        rules = {} if key in _OTHER_PARTS else _RULES.get(key, rules)
    return rules.get(str(path[-1])) if path else None
