"""Parse and merge ``--cfg-options``, and check their keys.

MMEngine merges a misspelt key silently and trains as if the option had not
been given. Here every key must already be in the config.
"""
import inspect
import re
from argparse import ArgumentParser, Namespace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Dict, FrozenSet, Optional, Sequence

from mmengine.config import Config, DictAction

from ..errors import UserError
from .config_tree import dotted, walk_config

#: Keys that a run reads, and no argument of MMEngine's Runner.
_OTHER_KEYS = ('model_wrapper_cfg', 'find_unused_parameters', 'sync_bn',
               'compile', 'activation_checkpointing', 'efficient_conv_bn_eval',
               'runner_type')
#: Placeholders that cross-validation replaces.
_PLACEHOLDER = re.compile(r'\{(fold|seed|run)\}')
#: Variables with a flag of their own.
FLAGS = dict(data_root='--data-root', fold='--fold', seed='--seed')


@lru_cache()
def run_keys() -> FrozenSet[str]:
    """Return the top-level keys that a run reads.

    Any other top-level name of a config is a variable, whose value has been
    copied to where it is used.
    """
    from mmengine.runner import Runner  # takes seconds
    return frozenset(inspect.signature(
        Runner.__init__).parameters).union(_OTHER_KEYS)


class CfgOptionsAction(DictAction):
    """Parse ``KEY=VALUE`` pairs and refuse what MMEngine cannot parse."""

    def __call__(self,
                 parser: ArgumentParser,
                 namespace: Namespace,
                 values: Sequence[str],
                 option_string: Optional[str] = None) -> None:
        """Parse one occurrence of the option into a dict.

        Raises:
            UserError: If a pair cannot be parsed, or its value is a dict.
        """
        for item in values:
            key, equals, value = item.partition('=')
            if not key or not equals:
                raise UserError(f'--cfg-options takes KEY=VALUE pairs, but '
                                f'found {item!r}')
            if 'dict(' in value or '{' in _PLACEHOLDER.sub('', value):
                raise UserError(_not_parsable(item))
            try:
                super().__call__(parser, namespace, [item], option_string)
            except AssertionError as error:
                raise UserError(f'--cfg-options {item}: {error}') from error
            except RecursionError as error:
                raise UserError(_not_parsable(item)) from error


def _not_parsable(item: str) -> str:
    """Describe the values that are possible."""
    return (f'--cfg-options {item}: a value may be a number, a string, True, '
            'False, None, or a list or tuple of these, but not a dict or a '
            'call. Change single keys of existing dicts (for example '
            'custom_hooks.0.type=NAME), or write a small config whose _base_ '
            'is this one')


def merge_cfg_options(cfg: Config,
                      options: Optional[Dict[str, Any]],
                      allow_new_keys: bool = False) -> None:
    """Merge parsed ``--cfg-options``, by dotted keys, into a config, in place.

    With ``allow_new_keys`` those that the config lacks are added, not refused.

    Raises:
        UserError: If a key is unknown, or is a variable of the config file
            whose change would have no effect.
    """
    options = options or {}
    if not allow_new_keys:
        known = {dotted(path): value for path, value in walk_config(cfg)}
        for key in options:
            _check_key(known, key)
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError, RecursionError) as error:
        raise UserError(f'--cfg-options cannot be merged: {error}') from error


def _check_key(known: Dict[str, Any], key: str) -> None:
    """Refuse a key that is unknown or only a variable."""
    parent, _, last = key.rpartition('.')
    # MMEngine's request to replace a dict instead of merging it.
    replaces = last == '_delete_' and isinstance(known.get(parent), dict)
    if key not in known and not replaces:
        close = get_close_matches(key, known, n=3, cutoff=0.6)
        hint = f'; closest known: {", ".join(close)}' if close else ''
        raise UserError(
            f'--cfg-options: the config has no key {key!r}{hint}. If the key '
            'is meant to be new, add the flag --allow-new-keys')
    name = key.split('.')[0]
    if name in run_keys():
        return
    if key in FLAGS:
        hint = f'use {FLAGS[key]}, which reaches them all'
    else:
        places = [
            k for k in known
            if k.split('.')[-1] == last and k.split('.')[0] in run_keys()
        ]
        hint = 'change the key where it is used'
        hint += f' ({", ".join(places[:5])})' if places else ''
    raise UserError(
        f'--cfg-options {key}: {name!r} is a variable of the config file, '
        'which has been copied to where it is used, so that changing it here '
        f'would have no effect; {hint}')
