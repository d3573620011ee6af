"""Read a config and apply the options of the tools."""
import os.path as osp
from typing import Any, Dict, Optional

from mmengine.config import Config

from ...utils.config.cfg_options import FLAGS, merge_cfg_options, run_keys
from ...utils.config.config_reading import read_config_file
from ...utils.config.config_tree import dotted, walk_config
from ...utils.errors import UserError
from .held_out_guard import is_generated


def load_config(path: str,
                cfg_options: Optional[Dict[str, Any]] = None,
                allow_new_keys: bool = False,
                data_root: Optional[str] = None,
                fold: Optional[int] = None,
                seed: Optional[int] = None) -> Config:
    """Read a config file and apply the options common to all tools.

    Args:
        path (str): Config file. One that has moved into a subfolder is found
            there, with a warning.
        cfg_options (dict, optional): Dotted keys and values to merge.
        allow_new_keys (bool): Whether ``cfg_options`` may add keys.
            Defaults to False.
        data_root (str, optional): Data folder, for every dataset and hook
            that names one.
        fold (int, optional): Fold counted from 0, likewise.
        seed (int, optional): Seed of the run.

    Returns:
        Config: The config as it will run.

    Raises:
        UserError: If the file is missing or wrong, or an option has no place
            in it.
    """
    cfg = read_config_file(path)
    merge_cfg_options(cfg, cfg_options, allow_new_keys)
    if data_root is not None:
        set_everywhere(cfg, 'data_root', data_root)
    if fold is not None:
        set_everywhere(cfg, 'fold', fold)
    if seed is not None:
        set_seed(cfg, seed)
    return cfg


def set_everywhere(cfg: Config, name: str, value: Any) -> None:
    """Set a variable of a config and every copy of it, in place.

    A config file's variable is copied where it is used, to nested datasets
    and hooks for example. All dicts with a key of this name are changed,
    except for folders of generated images, which are not distributed with a
    dataset. ``name`` is ``'data_root'`` or ``'fold'``.

    Raises:
        UserError: If nothing in the config uses it, if the places hold
            different values, or if a fold is out of range.
    """
    flag = FLAGS[name]
    holders = [(path, node) for path, node in walk_config(cfg)
               if path and isinstance(node, dict) and name in node
               and not (name == 'data_root' and is_generated(node.get('type')))
               ]
    places = [(dotted((*path, name)), holder) for path, holder in holders
              if path[0] in run_keys()]
    if not places:
        raise UserError(
            f'{flag}: no dataset or hook of {cfg.filename} has the key '
            f'{name!r}, so that the option would have no effect')
    found = {_comparable(holder[name]): path for path, holder in places}
    if len(found) > 1:
        listed = ', '.join(f'{path}={old}' for old, path in found.items())
        raise UserError(
            f'{flag}: {cfg.filename} holds different values ({listed}), which '
            'one option cannot replace; set each with --cfg-options')
    for path, holder in places:
        total = holder.get('num_folds')
        # Other rules than these determine the number of folds.
        named = holder.get('fold_rule', 'interval')
        if (name == 'fold' and total and named in ('interval', 'contiguous')
                and not 0 <= value < total):
            raise UserError(f'--fold {value}: {path} has num_folds={total}; '
                            f'expected 0 to {total - 1}')
    for _, holder in holders:
        holder[name] = value
    if name in cfg:
        cfg[name] = value


def set_seed(cfg: Config, seed: int) -> None:
    """Set the seed of a run, in [0, 2**32), in place.

    Only ``randomness.seed`` and the top-level variable change: a nested
    ``seed`` may determine the content of a rendered dataset.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f'--seed {seed}: expected 0 to 2**32 - 1')
    if cfg.get('randomness') is None:
        cfg.randomness = dict()
    cfg.randomness.seed = seed
    if 'seed' in cfg:
        cfg.seed = seed


def set_work_dir(cfg: Config, work_dir: Optional[str]) -> None:
    """Set the work directory: the option, the config's, or the file name."""
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        stem = osp.splitext(osp.basename(cfg.filename))[0]
        cfg.work_dir = osp.join('work_dirs', stem)


def _comparable(value: Any) -> str:
    """Format a value so that equal folders compare equal."""
    return osp.normpath(value) if isinstance(value, str) else repr(value)
