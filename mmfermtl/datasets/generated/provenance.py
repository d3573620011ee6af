"""The file that records where each image of a generated set comes from."""
import os.path as osp
from typing import Any, Dict

from ...utils.contained_files import INNER_PATH
from ...utils.json_documents import (NUMBER, SHA256, equals, format_rows,
                                     read_json)
from ..listed_files import describe_repeat

PROVENANCE_NAME = 'provenance.json'
PROVENANCE_FORMAT = 'mmfermtl-synthesized-1'
#: Present keys by those of the first version, in all files of a set.
_FORMER_KEYS = dict(judge='classifier', painted='generated')
_HINT = ('remove the folder and generate the set again with the same '
         'tools/synthesize.py command')
#: A generated image, see :func:`read_provenance`.
IMAGE_SHAPE: Dict[str, Any] = {
    'path': INNER_PATH,
    'sha256': SHA256,
    'expression': str,
    'target': [NUMBER],
    'source': {
        'dataset': str,
        'subject': str,
        'sequence': str,
        'frame_index': int,
        'num_frames': int,
        'expression?': (str, None),
        'path?': (str, None),
        'space?': str
    },
    'scores?': {
        str: NUMBER
    }
}
_SHAPE = dict(
    format=equals(PROVENANCE_FORMAT),
    dataset=str,
    split=str,
    fold=(int, None),
    num_folds=int,
    fold_rule=(str, dict),
    classes=[str],
    images=[IMAGE_SHAPE],
    **{
        'fold_over?': str,
        'counts?': {
            str: dict(wanted=int)
        }
    })


def lacks_nothing(content: Dict[str, Any]) -> bool:
    """Whether a provenance is of a set for which no image was wanted."""
    counts: Dict[str, Any] = content.get('counts', {})
    return bool(counts) and not any(row['wanted'] for row in counts.values())


def read_provenance(root: str) -> Dict[str, Any]:
    """Read the provenance of a generated set.

    Args:
        root (str): Folder that ``tools/synthesize.py`` wrote.

    Returns:
        dict: ``dataset``, ``split``, ``fold``, ``num_folds`` and
        ``fold_rule`` of the source images, on which the generator was
        trained too, and ``fold_over`` where folds are of subjects, but in
        older sets; ``classes``; and ``images``, a dict each with ``path``
        (relative to ``root``), ``sha256``, ``expression``, ``target`` (the
        vector), ``source``, ``checkpoint``, ``config``, ``seed`` and
        ``scores``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged or of another format, or names a file
            twice or outside of ``root``.
    """
    path = osp.join(root, PROVENANCE_NAME)
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'{path}: not found, so that it is not known whose faces the '
            'images are; set `data_root` to a folder that '
            'tools/synthesize.py has finished')
    content = present_keys(read_json(path, _SHAPE, _HINT))
    problem = describe_repeat('file',
                              (row['path'] for row in content['images']))
    for row in content['images']:
        if row['expression'] not in content['classes']:
            problem = problem or (
                f'{row["path"]} is of {row["expression"]!r:.60}, expected one '
                f'of {content["classes"]}')
    if problem:
        raise ValueError(f'{path}: {problem}; {_HINT}')
    return content


def present_keys(content: Dict[str, Any]) -> Dict[str, Any]:
    """Rename the keys of the first version in a header or a batch."""
    content = _rename(content)
    images, counts = content.get('images'), content.get('counts')
    if isinstance(images, list):
        content['images'] = [_rename(image) for image in images]
    if isinstance(counts, dict):
        # Its own keys are the names of classes.
        content['counts'] = {
            name: _rename(row)
            for name, row in counts.items()
        }
    return content


def _rename(row: Any) -> Any:
    """Rename keys, and those of scores and of refused images by filter."""
    if not isinstance(row, dict):
        return row
    return {
        _FORMER_KEYS.get(key, key):
        _rename(value) if key in ('scores', 'refused') else value
        for key, value in row.items()
    }


def format_provenance(content: Dict[str, Any]) -> bytes:
    """Write a provenance as JSON, the same for the same content."""
    return format_rows(dict(content, format=PROVENANCE_FORMAT), 'images')
