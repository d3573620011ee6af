"""Keep what a model is measured on out of its training, and the reverse."""
from typing import Any, Dict, Optional

from mmengine.config import Config

from ...datasets import GeneratedFaces
from ...registry import DATASETS
from ...utils.config.config_tree import dotted, walk_config
from ...utils.errors import UserError

LEAK_CHECK = 'LeakCheckHook'


def refuse_generated_tests(cfg: Config) -> None:
    """Refuse a config that measures a model on generated images.

    Raises:
        UserError: If :class:`~mmfermtl.datasets.GeneratedFaces` occurs
            anywhere in its validation or test loader.
    """
    for name in ('val_dataloader', 'test_dataloader'):
        for path, node in walk_config(cfg.get(name), (name, )):
            kind = node.get('type') if isinstance(node, dict) else type(node)
            if is_generated(kind):
                raise UserError(
                    f'{cfg.filename}: {dotted(path)} has generated images '
                    '(GeneratedFaces), which are for training alone: a score '
                    'on them does not hold for real faces. Measure on the '
                    'real dataset')


def require_leak_check(cfg: Config, allow_leak: bool = False) -> None:
    """Add the check of the training set to the hooks of a config, in place.

    ``allow_leak`` records a leak instead of refusing it; a config that allows
    it is left so.
    """
    _require_hook(cfg, 'leak_check', LEAK_CHECK, allow_leak)


def require_training_facts(cfg: Config, allow_leak: bool = False) -> None:
    """Add the check of initial weights to the hooks of a config, in place.

    ``allow_leak`` warns if a checkpoint was trained on subjects of the test.
    """
    _require_hook(cfg, 'training_facts', 'TrainingFactsHook', allow_leak)


def _require_hook(cfg: Config, name: str, kind: str, allow_leak: bool) -> None:
    if _find_hook(cfg, kind) is None:
        hooks = cfg.setdefault('default_hooks', dict())
        hooks[name] = dict(type=f'mmfermtl.{kind}')
    if allow_leak:
        _find_hook(cfg, kind)['allow_leak'] = True


def leak_allowed(cfg: Config) -> bool:
    """Return whether a config allows training on what is measured on."""
    return bool((_find_hook(cfg, LEAK_CHECK) or {}).get('allow_leak'))


def _find_hook(cfg: Config, kind: str) -> Optional[Dict[str, Any]]:
    """The first hook of a type in a config, if there is one."""
    hooks = [
        *(cfg.get('default_hooks') or {}).values(),
        *(cfg.get('custom_hooks') or [])
    ]
    return next((hook for hook in hooks
                 if hook and str(hook.get('type')).rsplit('.', 1)[-1] == kind),
                None)


def is_generated(kind: Any) -> bool:
    """Return whether a dataset type, or its name, is of generated images."""
    if isinstance(kind, str):
        # Subclasses, under whatever name they are registered here.
        kind = DATASETS.module_dict.get(kind.split('.')[-1])
    return isinstance(kind, type) and issubclass(kind, GeneratedFaces)
