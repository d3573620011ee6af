"""The index file of a prepared tree.

It holds all that the dataset classes need, so that they neither walk the
folders nor read label files, and what traces each crop back to its source:
file, box, landmarks, transform and checksum.
"""
import json
import os.path as osp
from typing import Any, Dict, List, Sequence, Tuple

from ..expressions import EXPRESSIONS
from ..utils.atomic_files import write_whole
from ..utils.contained_files import INNER_PATH, contained_path
from ..utils.json_documents import (NUMBER, SHA256, Rule, equals, format_rows,
                                    read_json)
from .listed_files import describe_repeat
from .sequences import ExpressionSequence, Frame

INDEX_NAME = 'index.json'
INDEX_FORMAT = 'mmfermtl-prepared-1'
#: What every version of the format has.
_FORMATS = b'mmfermtl-prepared-'
HINT = ('prepare the dataset again with tools/prepare_dataset.py '
        '--overwrite')


def _has_eyes(points: Any) -> bool:
    """Check that landmarks begin with two eyes at different places."""
    eyes = points[:2] if isinstance(points, list) else []
    return len(eyes) == 2 and eyes[0] != eyes[1] and all(
        isinstance(eye, list) and len(eye) == 2 and all(
            type(v) in NUMBER for v in eye) for eye in eyes)


#: A frame of a sequence, see :func:`read_index`.
FRAME_SHAPE: Dict[str, Any] = {
    'index': Rule('a frame number from 0',
                  lambda v: type(v) is int and v >= 0),
    'path?': INNER_PATH,
    'sha256?': SHA256,
    'missing?': str,
    'source?': (str, None),
    'face?': str,
    'landmarks?': (None, Rule('points [x, y], eyes first', _has_eyes)),
    'score?': (*NUMBER, None),
    'num_faces?': int,
    'image_size?': [int],
    'outside?': NUMBER,
    'borrowed_from?': int,
    'notes?': [str],
    'doubtful?': [str]
}
#: How to put the frames of a video upright, see
#: :mod:`~mmfermtl.utils.decoding.clip_geometry`.
GEOMETRY_SHAPE = dict(half=(str, None), rotate=int)
_SEQUENCE_SHAPE = dict(
    subject=str,
    name=str,
    expression=(str, None),
    num_frames=int,
    attributes={str: (str, bool, *NUMBER, None)},
    frames=[FRAME_SHAPE],
    **{
        'sources?': {
            str: (str, None)
        },
        'geometry?': GEOMETRY_SHAPE
    })
_SHAPE = dict(
    format=equals(INDEX_FORMAT),
    dataset=str,
    sequences=[_SEQUENCE_SHAPE],
    **{'options?': dict})


def has_index(root: str) -> bool:
    """Check whether a folder is a finished prepared tree."""
    return osp.isfile(osp.join(root, INDEX_NAME))


def is_prepared(root: str) -> bool:
    """Check whether a folder has the index of a preparation, damaged or not.

    Other programs call files ``index.json``, too.
    """
    try:
        with open(osp.join(root, INDEX_NAME), 'rb') as file:
            return _FORMATS in file.read()
    except OSError:
        return False


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
        ValueError: If the file is damaged or of another format, names a
            sequence, a frame or a file twice, or a file outside of ``root``.
    """
    path = osp.join(root, INDEX_NAME)
    index = read_json(path, _SHAPE, HINT)
    problem = _find_contradiction(index['sequences'])
    if problem:
        raise ValueError(f'{path}: {problem}; {HINT}')
    return index


def _find_contradiction(rows: List[Dict[str, Any]]) -> str:
    """Describe the first repeated or useless entry of an index, if any."""
    paths: List[str] = []
    for row in rows:
        where = f'sequence {row["subject"]}/{row["name"]}'
        indices = [frame['index'] for frame in row['frames']]
        if len(set(indices)) < len(indices):
            return f'{where} has a frame twice'
        if indices and max(indices) >= row['num_frames']:
            return (f'{where} has frame {max(indices)}, but num_frames='
                    f'{row["num_frames"]}')
        for frame in row['frames']:
            if frame.get('missing') is not None:
                continue
            lacking = [k for k in ('path', 'sha256') if k not in frame]
            if lacking:
                return (f'frame {frame["index"]} of {where} lacks '
                        f'{", ".join(lacking)}')
            paths.append(frame['path'])
    names = (
        json.dumps([row['subject'], row['name'], row['attributes']],
                   sort_keys=True) for row in rows)
    return describe_repeat('sequence', names) or describe_repeat('file', paths)


def write_index(root: str, index: Dict[str, Any]) -> None:
    """Write the index in one step, the same bytes for the same content."""
    content = format_rows(dict(index, format=INDEX_FORMAT), 'sequences')
    write_whole(osp.join(root, INDEX_NAME), content)


def check_prepared_with(root: str, stored: Dict[str, Any],
                        given: Dict[str, Any]) -> None:
    """Refuse options that do nothing to a tree prepared without them.

    Raises:
        ValueError: If one is given that is not that of the index, ``stored``.
    """
    # Indexes of other programs may have no options.
    for name, value in given.items() if stored else ():
        if value and value != stored.get(name):
            raise ValueError(
                f'{root}: prepared with {name}={stored.get(name)!r}, and '
                f'{name}={value!r} does nothing to a prepared tree; prepare '
                'it again with that option, or leave it out here')


def indexed_sequences(
        root: str, dataset: str, classes: Sequence[str]
) -> Tuple[List[ExpressionSequence], Dict[str, Any]]:
    """Read the sequences of a prepared tree.

    Args:
        root (str): Folder of the prepared tree.
        dataset (str): Class name that reads it.
        classes (Sequence[str]): Its classes, beside the known expressions.

    Returns:
        tuple: The sequences, and the options of the preparation.

    Raises:
        ValueError: If the index is damaged or of another dataset.
    """
    index = read_index(root)
    path = osp.join(root, INDEX_NAME)
    if index['dataset'] != dataset:
        raise ValueError(f'{path}: prepared from {index["dataset"]}, read '
                         f'as {dataset}; use the class that it was prepared '
                         'for, or another `data_root`')
    known = (*EXPRESSIONS, *classes)
    sequences = []
    for row in index['sequences']:
        if row['expression'] is not None and row['expression'] not in known:
            raise ValueError(
                f'{path}: sequence {row["subject"]}/{row["name"]} is of '
                f'{row["expression"]!r:.60}, expected a known expression or '
                f'one of `classes`; {HINT}')
        frames = {}
        for frame in row['frames']:
            missing = frame.get('missing')
            crop = '' if missing is not None else contained_path(
                root, frame['path'], follow=True)
            frames[frame['index']] = Frame(
                crop, missing=missing, sha256=frame.get('sha256'))
        sequences.append(
            ExpressionSequence(row['subject'], row['name'], row['expression'],
                               row['num_frames'], frames, row['attributes']))
    return sequences, index.get('options', {})
