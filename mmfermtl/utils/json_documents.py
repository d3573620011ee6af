"""Read JSON files that anybody may have written.

A shape says what a file must hold: a type; a tuple of alternatives; a list
with the shape of its items; a dict with the shapes of its keys, those that
end in ``?`` being optional, or with the shape of all values under ``str``;
:data:`typing.Any`; or a :class:`Rule`. None is the shape of ``null``.
"""
import json
import math
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

#: Deeper than any file of this project.
MAX_DEPTH = 64
#: What NumPy and PyTorch take for a whole number.
MAX_INT = 2**63
#: The shape of a number.
NUMBER = (int, float)
_NAMES: Dict[Any, str] = {
    str: 'a string',
    int: 'a whole number',
    float: 'a number',
    bool: 'true or false',
    dict: 'an object',
    list: 'a list',
    None: 'null'
}


class Rule(NamedTuple):
    """A shape that is told by a test."""

    #: What is expected, for messages.
    wanted: str
    test: Callable[[Any], bool]


#: 64 hexadecimal digits.
SHA256 = Rule(
    'a SHA-256 of 64 hexadecimal digits', lambda v: isinstance(v, str) and
    (len(v) == 64 and not set(v) - set('0123456789abcdef')))


def equals(value: Any) -> Rule:
    """Shape of a value that must be a certain one."""
    return Rule(repr(value), lambda v: v == value)


def read_json(path: str, shape: Any, hint: str = '') -> Any:
    """Read a JSON file and require the shape of what it holds.

    Args:
        path (str): The file.
        shape (Any): What it must hold, see above.
        hint (str): What to do with a file that is of no use. Defaults to ''.

    Returns:
        Any: What it holds: numbers are finite, whole ones below 2**63 in
        size, keys are there once, and nothing is nested deeper than 64.

    Raises:
        ValueError: If it cannot be read, is no such JSON, or of another
            shape.
    """
    end = f'; {hint}' if hint else ''
    try:
        with open(path, encoding='utf-8') as file:
            content = json.load(file, object_pairs_hook=_object)
        _check_values(content)
    except (OSError, ValueError, RecursionError) as error:
        reason: Any = error
        if isinstance(error, RecursionError):
            reason = f'nested deeper than {MAX_DEPTH} levels'
        elif isinstance(error, OSError):
            reason = error.strerror or error
        raise ValueError(
            f'{path}: cannot be read as JSON ({reason}){end}') from None
    misfit = find_misfit(content, shape)
    if misfit:
        raise ValueError(f'{path}: {misfit}{end}')
    return content


def find_misfit(value: Any, shape: Any, place: str = '') -> Optional[str]:
    """Say where a value is first not of a shape.

    Args:
        value (Any): What a JSON file holds.
        shape (Any): See above.
        place (str): Where the value stands. Defaults to '', the top.

    Returns:
        str, optional: What was found and expected; None if it fits.
    """
    if isinstance(shape, dict):
        return _object_misfit(value, shape, place)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return _found(value, list, place)
        found = (find_misfit(item, shape[0], f'{place}[{number}]')
                 for number, item in enumerate(value))
        return next(filter(None, found), None)
    options = shape if isinstance(
        shape, tuple) and not isinstance(shape, Rule) else (shape, )
    if any(_fits(value, option) for option in options):
        return None
    # Of a structure that may be null, say what is amiss inside.
    inner = [o for o in options if isinstance(o, (dict, list))]
    if inner and isinstance(value, type(inner[0])):
        return find_misfit(value, inner[0], place)
    return _found(value, shape, place)


def _object_misfit(value: Any, shape: Dict[Any, Any],
                   place: str) -> Optional[str]:
    if not isinstance(value, dict):
        return _found(value, dict, place)
    dot = f'{place}.' if place else ''
    for key, inner in shape.items():
        names = list(value) if key is str else [key.rstrip('?')]
        for name in names:
            if name in value:
                found = find_misfit(value[name], inner, f'{dot}{name}')
            elif key.endswith('?'):
                continue
            else:
                found = f'lacks {dot}{name}'
            if found:
                return found
    return None


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, Rule):
        return shape.test(value)
    if isinstance(shape, (dict, list)):
        return find_misfit(value, shape) is None
    if shape is Any or shape is None:
        return shape is Any or value is None
    if isinstance(value, bool):
        return shape is bool
    return isinstance(value, shape)


def _found(value: Any, shape: Any, place: str) -> str:
    return (f'found {f"{place} " * bool(place)}{value!r:.60}, expected '
            f'{_describe(shape)}')


def _describe(shape: Any) -> str:
    if isinstance(shape, Rule):
        return shape.wanted
    if isinstance(shape, tuple):
        names = dict.fromkeys(map(_describe, shape))
        return ' or '.join(names)
    if isinstance(shape, (dict, list)):
        shape = type(shape)
    return _NAMES[shape]


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(n for n in names if names.count(n) > 1)
        raise ValueError(f'the key {double!r:.60} is there twice')
    return content


def _check_values(content: Any) -> None:
    """Refuse numbers and texts of no use, and what is nested too deeply."""
    level = [content]
    for _ in range(MAX_DEPTH + 1):
        inner: List[Any] = []
        for node in level:
            kind = type(node)
            if kind is str:
                if not node.isascii():
                    node.encode()  # halves of surrogate pairs cannot be
            elif kind is float:
                if not math.isfinite(node):
                    raise ValueError(f'{node} is no finite number')
            elif kind is int:
                if not -MAX_INT <= node < MAX_INT:
                    raise ValueError(
                        f'the number {str(node):.30} is out of range')
            elif kind is list:
                inner += node
            elif kind is dict:
                inner += node
                inner += node.values()
        if not inner:
            return
        level = inner
    raise RecursionError
