"""Files that list subjects, sequences or images."""
import os.path as osp
from collections import Counter
from typing import Iterable, Iterator, Tuple


def numbered_lines(path: str,
                   kind: str,
                   comment: str = '\n') -> Iterator[Tuple[int, str]]:
    """Yield the lines of a text file that are not blank, counted from 1.

    The rest of a line after ``comment`` is left out, by default nothing.

    The file is UTF-8, with or without a byte order mark.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it has another encoding.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path}: {kind} not found; give the path of '
                                'an existing text file')
    try:
        with open(path, encoding='utf-8-sig') as file:
            lines = file.readlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f'{path}: found the byte {error.object[error.start]:#04x}, which '
            f'is not UTF-8, expected a {kind} in that encoding; save it as '
            'UTF-8') from None
    for number, line in enumerate(lines, 1):
        line = line.split(comment)[0].strip()
        if line:
            yield number, line


def describe_repeat(kind: str, names: Iterable[str]) -> str:
    """Name the most frequent entry if it is listed twice, else return ''."""
    name, number = next(iter(Counter(names).most_common(1)), ('', 0))
    return f'the {kind} {name} is there {number} times' if number > 1 else ''
