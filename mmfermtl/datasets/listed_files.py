"""Files that list subjects, sequences or images."""
import os.path as osp
from collections import Counter
from typing import Iterable, Iterator, Tuple


def numbered_lines(path: str,
                   kind: str,
                   comment: str = '\n') -> Iterator[Tuple[int, str]]:
    """Yield the lines of a text file that are not blank, counted from 1.

    The rest of a line after ``comment`` is left out, by default nothing.

    Raises:
        FileNotFoundError: If the file does not exist.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'{path}: {kind} not found; give the path of '
                                'an existing text file')
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            line = line.split(comment)[0].strip()
            if line:
                yield number, line


def describe_repeat(kind: str, names: Iterable[str]) -> str:
    """Name the most frequent entry if it is listed twice, else return ''."""
    name, number = next(iter(Counter(names).most_common(1)), ('', 0))
    return f'the {kind} {name} is there {number} times' if number > 1 else ''
