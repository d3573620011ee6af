"""Compare the values of configs, however these are written."""
import copy
import hashlib
import json
from typing import Any, Dict, List

from mmengine.config import Config

from ...utils.config.config_tree import config_leaves


def settings(cfg: Config) -> Dict[str, Any]:
    """Convert a config to plain values of JSON."""
    values = copy.deepcopy(cfg.to_dict())
    values.pop('work_dir', None)
    return json.loads(json.dumps(values, default=repr))


def config_hash(cfg: Config) -> str:
    """Compute the hexadecimal SHA-256 of the values of a config."""
    text = json.dumps(settings(cfg), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def describe_differences(before: Config, now: Config) -> List[str]:
    """List the keys whose values differ, with both values."""
    old, new = (config_leaves(settings(cfg)) for cfg in (before, now))
    return [
        f'{key}: {old.get(key, "absent")} before, {new.get(key, "absent")} now'
        for key in {
            **old,
            **new
        } if old.get(key) != new.get(key)
    ]
