"""Narrow models with checkpoints that record their training data."""
from typing import Any, Tuple

import torch
from mmengine.config import Config
from narrow import PATHS, narrow_model

from mmfermtl.apis import load_config
from mmfermtl.expressions import resolve_classes
from mmfermtl.registry import MODELS


def trained(name: str,
            path: Any,
            data_root: str,
            classes: Any = None,
            **options: Any) -> Tuple[Config, str]:
    """Build a narrow config, and a checkpoint of random weights for it.

    Args:
        name (str): A shipped config.
        path (Path): Checkpoint to write.
        data_root (str): Data folder.
        classes (int): Class set that the checkpoint records. Defaults to
            None, none.
        **options: See :func:`~mmfermtl.apis.load_config`.

    Returns:
        tuple: The config and the path.
    """
    cfg = load_config(PATHS[name], data_root=data_root, **options)
    narrow_model(cfg)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    torch.save(
        dict(
            state_dict=model.state_dict(),
            meta=dict(
                cfg=cfg.pretty_text,
                epoch=3,
                dataset_meta=classes
                and dict(classes=resolve_classes(classes)))), path)
    return cfg, str(path)
