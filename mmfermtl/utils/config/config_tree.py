"""Walk the nested dicts and lists of a config."""
from typing import Any, Dict, Iterator, Tuple, Union

from mmengine.config import Config

#: The keys and list positions that lead to a value.
Path = Tuple[Union[str, int], ...]


def walk_config(node: Any, path: Path = ()) -> Iterator[Tuple[Path, Any]]:
    """Yield path and value of everything in a config, outer ones first.

    The whole is the first, with an empty path unless one is given.
    """
    yield path, node
    if isinstance(node, (dict, Config)):
        children = list(node.items())
    elif isinstance(node, (list, tuple)):
        children = list(enumerate(node))
    else:
        return
    for key, child in children:
        yield from walk_config(child, (*path, key))


def dotted(path: Path) -> str:
    """Write a path as ``--cfg-options`` takes it."""
    return '.'.join(map(str, path))


def config_leaves(node: Any) -> Dict[str, Any]:
    """Collect the innermost values of a config by their dotted keys.

    Empty dicts, lists and tuples are values, too.
    """
    return {
        dotted(path): value
        for path, value in walk_config(node)
        if not (value and isinstance(value, (dict, list, tuple, Config)))
    }
