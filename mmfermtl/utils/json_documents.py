"""Write JSON files in one step, and read and validate those of others.

A shape describes what a file must hold: a type; a tuple of alternatives; a
list with the shape of its items; a dict with the shapes of its keys, those
that end in ``?`` being optional, or with the shape of all values under
``str``; :data:`typing.Any`; or a :class:`Rule`. None is the shape of ``null``.
"""
import json
import math
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .atomic_files import write_whole

#: Deeper than any file of this project.
MAX_DEPTH = 64
#: The first whole number that NumPy and PyTorch cannot hold.
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
    """A shape that is defined by a test."""

    #: What is expected, for messages.
    wanted: str
    test: Callable[[Any], bool]


#: 64 hexadecimal digits.
SHA256 = Rule(
    'a SHA-256 of 64 hexadecimal digits', lambda v: isinstance(v, str) and
    (len(v) == 64 and not set(v) - set('0123456789abcdef')))


def equals(value: Any) -> Rule:
    """Return the shape of a value that must be a certain one."""
    return Rule(repr(value), lambda v: v == value)


def write_json(path: str,
               value: Any,
               indent: Optional[int] = 2,
               replace: bool = True) -> None:
    """Write a JSON file in one step, in a single line if ``indent`` is None.

    See :func:`plain` and :func:`~mmfermtl.utils.atomic_files.write_whole`.
    """
    text = json.dumps(plain(value), indent=indent, allow_nan=False)
    write_whole(path, f'{text}\n'.encode(), replace)


def plain(value: Any) -> Any:
    """Turn tensors, arrays and NumPy numbers into what JSON can hold.

    Numbers that are not finite become None, because JSON has no name for them.
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, 'tolist'):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def format_rows(content: Dict[str, Any], key: str) -> bytes:
    """Format JSON with one line for each item of the list ``content[key]``.

    The same content gives the same bytes.
    """
    rows = ',\n'.join(json.dumps(row, sort_keys=True) for row in content[key])
    others = {k: v for k, v in content.items() if k != key}
    head = json.dumps(others, sort_keys=True)
    return f'{head[:-1]}, "{key}": [\n{rows}\n]}}\n'.encode()


def read_json(path: str, shape: Any, hint: str = '') -> Any:
    """Read a JSON file and require the shape of its content.

    Args:
        path (str): The file.
        shape (Any): What it must hold, see above.
        hint (str): How to replace an unusable file. Defaults to ''.

    Returns:
        Any: Its content: numbers are finite, whole ones below 2**63 in size,
        keys occur once, and nothing is nested deeper than 64 levels.

    Raises:
        ValueError: If it cannot be read, is no such JSON, or of another
            shape.
    """
    try:
        with open(path, 'rb') as file:
            text = file.read()
    except OSError as error:
        end = f'; {hint}' if hint else ''
        raise ValueError(f'{path}: cannot be read as JSON '
                         f'({error.strerror or error}){end}') from None
    return parse_json(text, path, shape, hint)


def parse_json(text: bytes, place: str, shape: Any, hint: str = '') -> Any:
    """Parse JSON as :func:`read_json`; ``place`` is where it is from."""
    end = f'; {hint}' if hint else ''
    try:
        content = json.loads(
            text.decode('utf-8'), object_pairs_hook=_unique_keys)
        _check_values(content)
    except (ValueError, RecursionError) as error:
        reason: Any = error
        if isinstance(error, RecursionError):
            reason = f'nested deeper than {MAX_DEPTH} levels'
        raise ValueError(
            f'{place}: cannot be read as JSON ({reason}){end}') from None
    misfit = find_misfit(content, shape)
    if misfit:
        raise ValueError(f'{place}: {misfit}{end}')
    return content


def find_misfit(value: Any, shape: Any, place: str = '') -> Optional[str]:
    """Describe the first place where a value does not have a shape.

    ``place`` is where in the file the value is, by default the top. The
    result is None if the value fits.
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
    # Of a structure that may be null, report what is wrong inside.
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
    if isinstance(value, bool):  # which Python counts among the integers
        return shape is bool
    return isinstance(value, shape)


def _found(value: Any, shape: Any, place: str) -> str:
    return (f'found {f"{place} " * bool(place)}{value!r:.60}, expected '
            f'{_describe(shape)}')


def _describe(shape: Any) -> str:
    if isinstance(shape, Rule):
        return shape.wanted
    if isinstance(shape, tuple):
        return ' or '.join(dict.fromkeys(map(_describe, shape)))
    return _NAMES[type(shape) if isinstance(shape, (dict, list)) else shape]


def _unique_keys(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(n for n in names if names.count(n) > 1)
        raise ValueError(f'the key {double!r:.60} is there twice')
    return content


def _check_values(content: Any) -> None:
    """Refuse unusable numbers and texts, and what is nested too deeply."""
    level = [content]
    for _ in range(MAX_DEPTH + 1):
        inner: List[Any] = []
        for node in level:
            kind = type(node)
            if kind is str:
                if not node.isascii():
                    node.encode()  # fails for halves of surrogate pairs
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
                inner += [*node, *node.values()]
        if not inner:
            return
        level = inner
    raise RecursionError
