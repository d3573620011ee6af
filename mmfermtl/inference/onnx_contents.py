"""Look into an ONNX file without running it, and without the package onnx.

ONNX Runtime needs no such check to be safe from code in the file, for the
format has none. But a file may read others as its weights, and may ask for
operators that only a library of the sender has.
"""
from typing import Dict, Iterator, List, Set, Tuple, Union

#: Value of a field: a number, or the bytes of a string or message.
Value = Union[int, bytes]
#: Domains whose operators ONNX itself defines.
STANDARD = ('', 'ai.onnx')
#: Messages that are read, by the message and the number of the field:
#: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_CHILDREN: Dict[str, Dict[int, str]] = {
    'model': {
        7: 'graph'
    },
    'graph': {
        1: 'node',
        5: 'tensor',
        15: 'sparse_tensor'
    },
    'node': {
        5: 'attribute'
    },
    'attribute': {
        5: 'tensor',
        10: 'tensor',
        22: 'sparse_tensor',
        23: 'sparse_tensor'
    },
    'sparse_tensor': {
        1: 'tensor',
        2: 'tensor'
    },
    'tensor': {}
}
#: What is refused, likewise.
_REFUSED: Dict[str, Dict[int, str]] = {
    'model': {
        20: 'instructions for training',
        25: 'functions of its own'
    },
    'attribute': {
        6: 'a branch or a loop',
        11: 'a branch or a loop'
    },
    'tensor': {
        13: 'weights in another file'
    }
}
_OP_TYPE, _DOMAIN, _DATA_LOCATION = 4, 7, 14


def find_refused(content: bytes) -> List[str]:
    """List what a model of this package does not have.

    Args:
        content (bytes): An ONNX file.

    Returns:
        list[str]: Such as ``'the operator com.example.Run'`` and ``'weights
        in another file'``; empty if there is nothing.

    Raises:
        ValueError: If it is no protocol buffer.
    """
    found: Set[str] = set()
    # The depth of the messages is that of `_CHILDREN`, for graphs are not
    # entered twice.
    pending: List[Tuple[str, memoryview]] = [('model', memoryview(content))]
    while pending:
        kind, message = pending.pop()
        name = {_OP_TYPE: '', _DOMAIN: ''}
        for number, value in _read_fields(message):
            child = _CHILDREN[kind].get(number)
            if number in _REFUSED.get(kind, {}):
                found.add(_REFUSED[kind][number])
            elif kind == 'tensor' and number == _DATA_LOCATION and value:
                found.add(_REFUSED[kind][13])
            elif kind == 'node' and number in name:
                name[number] = _text(value)
            elif child is not None:
                if isinstance(value, int):
                    raise ValueError('a message is a number')
                pending.append((child, memoryview(value)))
        if kind == 'node' and name[_DOMAIN] not in STANDARD:
            found.add(f'the operator {name[_DOMAIN]}.{name[_OP_TYPE]}')
    return sorted(found)


def _read_fields(message: memoryview) -> Iterator[Tuple[int, Value]]:
    """Yield the numbers and values of the fields of a message."""
    place = 0
    while place < len(message):
        tag, place = _read_number(message, place)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = _read_number(message, place)
            yield number, value
            continue
        if wire == 2:
            size, place = _read_number(message, place)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f'a field of the kind {wire}')
        if place + size > len(message):
            raise ValueError('the file is cut off')
        # A view: nothing of the weights is copied.
        yield number, message[place:place + size]  # type: ignore[misc]
        place += size


def _read_number(message: memoryview, place: int) -> Tuple[int, int]:
    """Read a number of seven bits a byte; return it and what follows."""
    value = 0
    for count in range(10):
        if place >= len(message):
            raise ValueError('the file is cut off')
        byte = message[place]
        value |= (byte & 127) << 7 * count
        place += 1
        if byte < 128:
            return value, place
    raise ValueError('a number of more than ten bytes')


def _text(value: Value) -> str:
    """Return a name as a short text for messages."""
    if isinstance(value, int):
        raise ValueError('a name is a number')
    return bytes(value[:64]).decode('utf-8', 'replace')
