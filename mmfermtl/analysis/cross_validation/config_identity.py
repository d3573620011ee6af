"""Tell whether two configs are the same, however they are written."""
import copy
import hashlib
import json
from typing import Any, Dict, List

from mmengine.config import Config

from ...utils.config.config_tree import config_leaves


def settings(cfg: Config) -> Dict[str, Any]:
    """All values of a config, as JSON has them."""
    values = copy.deepcopy(cfg.to_dict())
    values.pop('work_dir', None)
    return json.loads(json.dumps(values, default=repr))


def config_hash(cfg: Config) -> str:
    """SHA-256 of the values of a config, however they are written.

    Args:
        cfg (Config): A config.

    Returns:
        str: 64 hexadecimal digits.
    """
    text = json.dumps(settings(cfg), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def describe_differences(before: Config, now: Config) -> List[str]:
    """Say in which values two configs differ.

    Args:
        before (Config): One config.
        now (Config): The other.

    Returns:
        list[str]: A phrase a key.
    """
    old, new = (config_leaves(settings(cfg)) for cfg in (before, now))
    return [
        f'{key}: {old.get(key, "absent")} before, {new.get(key, "absent")} now'
        for key in {
            **old,
            **new
        } if old.get(key) != new.get(key)
    ]
