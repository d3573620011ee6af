"""Explain why MMEngine refuses to join datasets of different classes."""
from contextlib import contextmanager
from typing import Any, Iterator

from mmengine.config import Config

from ...utils.errors import UserError


@contextmanager
def explain_mixed_classes(cfg: Config) -> Iterator[None]:
    """Turn MMEngine's words about meta information into a mend.

    Args:
        cfg (Config): The config whose datasets are built inside.

    Raises:
        UserError: In place of MMEngine's error.
    """
    try:
        yield
    except ValueError as error:
        if 'meta information of the' not in str(error):
            raise
        found = '; '.join(_joined(cfg))
        raise UserError(
            f'{cfg.filename}: the datasets of a ConcatDataset have different '
            f'classes ({found}), so that a label would mean one expression '
            'here and another there. Give each of them the same '
            '`classes`') from error


def _joined(node: Any) -> Iterator[str]:
    """Describe the members of each ConcatDataset."""
    if isinstance(node, (dict, Config)):
        for member in node.get('datasets') or []:
            if isinstance(member, dict):
                while isinstance(member.get('dataset'), dict):
                    member = member['dataset']
                classes = member.get('classes', 'the default')
                yield f'{member.get("type")}: {classes}'
        children = [node[key] for key in node]
    elif isinstance(node, (list, tuple)):
        children = list(node)
    else:
        return
    for child in children:
        yield from _joined(child)
