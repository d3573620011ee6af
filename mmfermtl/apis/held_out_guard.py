"""Keep painted faces out of validation and test."""
from typing import Any, Iterator

from mmengine.config import Config

from ..datasets import SynthesizedFaces
from ..registry import DATASETS
from .user_errors import UserError


def refuse_painted_tests(cfg: Config) -> None:
    """Raise an error if a config measures a model on painted faces.

    Args:
        cfg (Config): The config.

    Raises:
        UserError: If a dataset of
            :class:`~mmfermtl.datasets.SynthesizedFaces` stands anywhere in
            its validation or test loader.
    """
    for name in ('val_dataloader', 'test_dataloader'):
        for place, kind in _types(cfg.get(name), name):
            if is_painted(kind):
                raise UserError(
                    f'{cfg.filename}: {place} is of painted faces '
                    '(SynthesizedFaces), which are for training alone: a '
                    'score on them says nothing of real faces. Measure on '
                    'the real dataset')


def _types(node: Any, place: str) -> Iterator[tuple]:
    """Yield the place and the type of each dict below a node."""
    if isinstance(node, (dict, Config)):
        if 'type' in node:
            yield place, node['type']
        children = list(node.items())
    elif isinstance(node, (list, tuple)):
        children = list(enumerate(node))
    else:
        if isinstance(node, SynthesizedFaces):
            yield place, type(node)
        return
    for key, child in children:
        yield from _types(child, f'{place}.{key}')


def is_painted(kind: Any) -> bool:
    """Whether a type, by name or itself, is that of painted faces.

    Args:
        kind (str | type): What a config has as ``type``.

    Returns:
        bool: Whether it is :class:`~mmfermtl.datasets.SynthesizedFaces` or a
        subclass.
    """
    if isinstance(kind, str):
        # Subclasses, under whatever name they are registered here.
        name = kind.split('.')[-1]
        kind = DATASETS.module_dict.get(name)
    return isinstance(kind, type) and issubclass(kind, SynthesizedFaces)
