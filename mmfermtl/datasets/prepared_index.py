"""The index file of a prepared tree.

It holds all that the dataset classes need, so that they neither walk the
folders nor read label files, and what is needed to trace each crop back to
its source: file, box, landmarks, transform and checksum.
"""
import json
import os
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..expressions import EXPRESSIONS
from .json_documents import read_document
from .sequences import ExpressionSequence, Frame

INDEX_NAME = 'index.json'
INDEX_FORMAT = 'mmfermtl-prepared-1'


def has_index(root: str) -> bool:
    """Whether a folder is a finished prepared tree."""
    return osp.isfile(osp.join(root, INDEX_NAME))


def read_index(root: str) -> Dict[str, Any]:
    """Read the index of a prepared tree.

    Args:
        root (str): Folder of the prepared tree.

    Returns:
        dict: ``format``, ``dataset`` (class name), ``options`` and
        ``sequences``; a sequence has ``subject``, ``name``, ``expression``,
        ``num_frames``, ``attributes`` and ``frames``; a frame has ``index``
        and either ``path`` (relative to ``root``), ``source``, ``box``,
        ``landmarks``, ``transform``, ``sha256`` or ``missing``, the reason
        why there is no crop.

    Raises:
        ValueError: If the file is damaged or of another format.
    """
    path = osp.join(root, INDEX_NAME)
    return read_document(
        path, INDEX_FORMAT, 'remove it and prepare the dataset again with '
        'tools/prepare_dataset.py')


def write_index(root: str, index: Dict[str, Any]) -> None:
    """Write the index, in one step and the same for the same content.

    Args:
        root (str): Folder of the prepared tree.
        index (dict): See :func:`read_index`; ``format`` is added.
    """
    path = osp.join(root, INDEX_NAME)
    rows = [json.dumps(s, sort_keys=True) for s in index['sequences']]
    head = {k: v for k, v in index.items() if k != 'sequences'}
    text = json.dumps(dict(head, format=INDEX_FORMAT), sort_keys=True)
    # One line a sequence, for people who look into it.
    text = text[:-1] + ', "sequences": [\n' + ',\n'.join(rows) + '\n]}\n'
    with open(path + '.part', 'w', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + '.part', path)


def indexed_sequences(
    root: str, dataset: str, classes: Sequence[str] = ()
) -> Tuple[List[ExpressionSequence], Dict[str, Any]]:
    """The sequences of a prepared tree.

    Args:
        root (str): Folder of the prepared tree.
        dataset (str): Class name that reads it.
        classes (Sequence[str]): Its classes, beside the known expressions.
            Defaults to ().

    Returns:
        tuple: The sequences, and the options of the preparation.

    Raises:
        ValueError: If the index is damaged or of another dataset.
    """
    index = read_index(root)
    path = osp.join(root, INDEX_NAME)
    if index.get('dataset') != dataset:
        raise ValueError(f'{path}: prepared from {index.get("dataset")}, read '
                         f'as {dataset}; use the class that it was prepared '
                         'for, or another `data_root`')
    try:
        known = (None, *EXPRESSIONS, *classes)
        sequences = [
            _read_sequence(root, row, known) for row in index['sequences']
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f'{path}: an entry lacks {error}; prepare the '
                         'dataset again') from None
    return sequences, index.get('options', {})


def _read_sequence(root: str, row: Dict[str, Any],
                   known: Sequence[Optional[str]]) -> ExpressionSequence:
    if row['expression'] not in known:
        raise KeyError(f'a known expression (found {row["expression"]!r})')
    frames = {}
    for frame in row['frames']:
        missing = frame.get('missing')
        path = '' if missing else osp.join(root, frame['path'])
        frames[frame['index']] = Frame(path, missing=missing)
    return ExpressionSequence(row['subject'], row['name'], row['expression'],
                              row['num_frames'], frames, row['attributes'])
