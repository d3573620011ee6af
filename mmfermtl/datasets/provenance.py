"""The file that says where each image of a painted training set is from."""
import json
import os.path as osp
from typing import Any, Dict

from .json_documents import read_document

PROVENANCE_NAME = 'provenance.json'
PROVENANCE_FORMAT = 'mmfermtl-synthesized-1'
#: What a dataset must agree with to be trained on beside the painted images.
FOLD_KEYS = ('dataset', 'split', 'fold', 'num_folds', 'fold_rule')
_KEYS = {*FOLD_KEYS, 'classes', 'images'}
_IMAGE_KEYS = {'path', 'sha256', 'source', 'target', 'expression'}


def read_provenance(root: str) -> Dict[str, Any]:
    """Read the provenance of a painted training set.

    Args:
        root (str): Folder that ``tools/synthesize.py`` wrote.

    Returns:
        dict: ``dataset``, ``split``, ``fold``, ``num_folds`` and
        ``fold_rule`` of the faces that were painted and that the generator
        was trained on; ``classes``; and ``images``, a dict each with
        ``path`` (relative to ``root``), ``sha256``, ``expression``,
        ``target`` (the vector), ``source``, ``checkpoint``, ``config``,
        ``seed`` and ``scores``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged or of another format.
    """
    path = osp.join(root, PROVENANCE_NAME)
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'{path}: not found, so that it is not known from whom the '
            'images are; set `data_root` to a folder that '
            'tools/synthesize.py has finished')
    content = read_document(
        path, PROVENANCE_FORMAT, 'paint the set again '
        'with the same tools/synthesize.py command')
    lacking = sorted(_KEYS - set(content))
    for number, row in enumerate(content.get('images', [])):
        lacking += [
            f'images[{number}].{key}' for key in sorted(_IMAGE_KEYS - set(row))
        ]
    if lacking:
        raise ValueError(f'{path}: lacks {", ".join(lacking[:5])}; it was '
                         'edited or cut: paint the set again')
    return content


def format_provenance(content: Dict[str, Any]) -> bytes:
    """Write a provenance as text, the same for the same content.

    Args:
        content (dict): See :func:`read_provenance`; ``format`` is added.

    Returns:
        bytes: JSON with a line an image.
    """
    rows = [json.dumps(row, sort_keys=True) for row in content['images']]
    head = {k: v for k, v in content.items() if k != 'images'}
    text = json.dumps(dict(head, format=PROVENANCE_FORMAT), sort_keys=True)
    inner = ',\n'.join(rows)
    return (text[:-1] + f', "images": [\n{inner}\n]}}\n').encode()
