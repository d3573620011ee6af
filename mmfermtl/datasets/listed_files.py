"""Files that list subjects, sequences or images."""
import json
import os.path as osp
from collections import Counter
from typing import Any, Dict, Iterable, Iterator, Tuple


def numbered_lines(path: str,
                   kind: str,
                   comment: str = '\n') -> Iterator[Tuple[int, str]]:
    """Yield the lines of a text file that are not blank, counted from 1.

    Args:
        path (str): The file.
        kind (str): What it is, for the message.
        comment (str): Opens a comment. Defaults to ``'\\n'``, none.

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


def format_listing(content: Dict[str, Any], entries: str, name: str) -> bytes:
    """Write a listing as JSON, the same bytes for the same content.

    Args:
        content (dict): What the file holds.
        entries (str): Key of the list of entries, which get a line each, so
            that people can read and compare the file.
        name (str): Name of the format, added as ``format``.
    """
    rows = [json.dumps(row, sort_keys=True) for row in content[entries]]
    head = {k: v for k, v in content.items() if k != entries}
    text = json.dumps(dict(head, format=name), sort_keys=True)
    inner = ',\n'.join(rows)
    return (text[:-1] + f', "{entries}": [\n{inner}\n]}}\n').encode()


def describe_repeat(kind: str, names: Iterable[str]) -> str:
    """Name the most frequent entry if it is listed twice, else return ''."""
    name, number = next(iter(Counter(names).most_common(1)), ('', 0))
    return f'the {kind} {name} is there {number} times' if number > 1 else ''
