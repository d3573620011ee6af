"""Keep what a model is measured on out of its training, and the reverse."""
from typing import Any, Dict, Iterator, Optional

from mmengine.config import Config

from ...datasets import GeneratedFaces
from ...registry import DATASETS
from ...utils.errors import UserError

LEAK_CHECK = 'LeakCheckHook'


def refuse_generated_tests(cfg: Config) -> None:
    """Raise an error if a config measures a model on painted faces.

    Args:
        cfg (Config): The config.

    Raises:
        UserError: If a dataset of
            :class:`~mmfermtl.datasets.GeneratedFaces` stands anywhere in
            its validation or test loader.
    """
    for name in ('val_dataloader', 'test_dataloader'):
        for place, kind in _types(cfg.get(name), name):
            if is_generated(kind):
                raise UserError(
                    f'{cfg.filename}: {place} is of painted faces '
                    '(GeneratedFaces), which are for training alone: a '
                    'score on them says nothing of real faces. Measure on '
                    'the real dataset')


def require_leak_check(cfg: Config, allow_leak: bool = False) -> None:
    """Give a config the check of its training set, in place.

    Args:
        cfg (Config): The config.
        allow_leak (bool): Whether a leak is recorded in place of refused; a
            config that allows it is left so. Defaults to False.
    """
    _require_hook(cfg, 'leak_check', LEAK_CHECK, allow_leak)


def require_training_facts(cfg: Config, allow_leak: bool = False) -> None:
    """Give a config the check of the checkpoint that it begins with, in place.

    Args:
        cfg (Config): The config.
        allow_leak (bool): Whether to warn where the checkpoint was trained on
            whom the run is measured on. Defaults to False.
    """
    _require_hook(cfg, 'training_facts', 'TrainingFactsHook', allow_leak)


def _require_hook(cfg: Config, name: str, kind: str, allow_leak: bool) -> None:
    if _find_hook(cfg, kind) is None:
        hooks = cfg.setdefault('default_hooks', dict())
        hooks[name] = dict(type=f'mmfermtl.{kind}')
    if allow_leak:
        _find_hook(cfg, kind)['allow_leak'] = True


def leak_allowed(cfg: Config) -> bool:
    """Whether a config itself allows to train on what is measured on."""
    return bool((_find_hook(cfg, LEAK_CHECK) or {}).get('allow_leak'))


def _find_hook(cfg: Config, kind: str) -> Optional[Dict[str, Any]]:
    """The hook of a type in a config, if there is one."""
    hooks = [
        *(cfg.get('default_hooks') or {}).values(),
        *(cfg.get('custom_hooks') or [])
    ]
    return next((hook for hook in hooks
                 if hook and str(hook.get('type')).rsplit('.', 1)[-1] == kind),
                None)


def _types(node: Any, place: str) -> Iterator[tuple]:
    """Yield the place and the type of each dict below a node."""
    if isinstance(node, (dict, Config)):
        if 'type' in node:
            yield place, node['type']
        children = list(node.items())
    elif isinstance(node, (list, tuple)):
        children = list(enumerate(node))
    else:
        if isinstance(node, GeneratedFaces):
            yield place, type(node)
        return
    for key, child in children:
        yield from _types(child, f'{place}.{key}')


def is_generated(kind: Any) -> bool:
    """Whether a type, by name or itself, is that of painted faces.

    Args:
        kind (str | type): What a config has as ``type``.

    Returns:
        bool: Whether it is :class:`~mmfermtl.datasets.GeneratedFaces` or a
        subclass.
    """
    if isinstance(kind, str):
        # Subclasses, under whatever name they are registered here.
        name = kind.split('.')[-1]
        kind = DATASETS.module_dict.get(name)
    return isinstance(kind, type) and issubclass(kind, GeneratedFaces)
