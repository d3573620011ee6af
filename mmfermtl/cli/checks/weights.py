"""Whether the weights that come with the package are the published ones."""
import os
import os.path as osp
import re
from glob import glob
from typing import Dict, List, Optional, Tuple

from ...utils.contained_files import INNER_PATH, file_sha256
from ...utils.errors import PACKAGE_DIR
from ...utils.json_documents import SHA256, read_json
from .check import NOTE, OK, PROBLEM, Check

GROUP = 'weights'
FOLDER = osp.join(PACKAGE_DIR, 'weights')
SUFFIX = '.safetensors'
#: File that makes a folder an exported model.
EXPORT_FILE = 'model.json'
_EXPORT_SHAPE = {'files': {str: dict(path=INNER_PATH, sha256=SHA256)}}
_REPAIR = 'install the package again: pip install --force-reinstall --no-deps'
#: Lines of a metafile that matter, read without a YAML package.
_FIELD = re.compile(r'\s+(?:- )?(Weights|SHA256): *["\']?([^"\'#\s]+)')


def list_shipped(folder: str = FOLDER) -> List[str]:
    """List published weights and the folders of exported models."""
    exported = glob(osp.join(folder, '*', EXPORT_FILE))
    return sorted(
        glob(osp.join(folder, f'*{SUFFIX}')) +
        list(map(osp.dirname, exported)))


def find_metafiles() -> List[str]:
    """List the metafiles of the package, in a clone or installed."""
    roots = [FOLDER, osp.join(PACKAGE_DIR, '.mim', 'configs')]
    if not osp.isdir(roots[1]):
        roots[1] = osp.join(osp.dirname(PACKAGE_DIR), 'configs')
    return [
        path for root in roots for path in sorted(
            glob(osp.join(root, '**', 'metafile.yml'), recursive=True))
    ]


def read_hashes(metafiles: List[str]) -> Dict[str, str]:
    """Read the SHA-256 of weights by the name of their file.

    An entry of a metafile names its file as ``Weights`` and its checksum as
    ``SHA256``.
    """
    hashes = {}
    for path in metafiles:
        entry: Dict[str, str] = {}
        with open(path, encoding='utf-8') as file:
            for line in file:
                if re.match(r'\s*- Name:', line):
                    entry = {}
                field = _FIELD.match(line)
                if field:
                    entry[field[1]] = field[2]
                    if len(entry) == 2:
                        name = entry['Weights'].rpartition('/')[2]
                        hashes[name] = entry['SHA256'].lower()
    return hashes


def check_weights(folder: str = FOLDER,
                  metafiles: Optional[List[str]] = None) -> List[Check]:
    """Compare the files of ``folder`` with their checksums.

    Args:
        folder (str): Defaults to ``mmfermtl/weights``.
        metafiles (list[str], optional): Defaults to None, those of the
            package.
    """
    found = list_shipped(folder)
    if not found:
        return [
            Check(GROUP, 'shipped weights', NOTE,
                  f'none in {folder}: name a model of your own')
        ]
    hashes = read_hashes(find_metafiles() if metafiles is None else metafiles)
    return [
        _check_file(path, hashes.get(osp.basename(path)))
        if path.endswith(SUFFIX) else _check_export(path) for path in found
    ]


def _check_file(path: str, wanted: Optional[str]) -> Check:
    name, found = osp.basename(path), file_sha256(path)
    if found is None:
        return Check(GROUP, name, PROBLEM, f'{path} cannot be read', _REPAIR)
    size = f'{os.path.getsize(path) / 1e6:.1f} MB'
    if wanted is None:
        return Check(GROUP, name, NOTE,
                     f'{size}, SHA-256 {found}, which no metafile records')
    if found != wanted:
        return Check(GROUP, name, PROBLEM,
                     f'SHA-256 {found}, expected {wanted}', _REPAIR)
    return Check(GROUP, name, OK, f'{size}, SHA-256 as in the metafile')


def _check_export(folder: str) -> Check:
    """Compare the files of an exported model with those it lists."""
    name = osp.basename(folder)
    try:
        recorded = read_recorded_files(folder)
    except ValueError as error:
        return Check(GROUP, name, PROBLEM, str(error), _REPAIR)
    for file, wanted in recorded:
        found = file_sha256(osp.join(folder, file))
        if found != wanted:
            return Check(GROUP, name, PROBLEM,
                         f'{file}: SHA-256 {found}, expected {wanted}',
                         _REPAIR)
    return Check(GROUP, name, OK,
                 f'{len(recorded)} files, SHA-256 as in {EXPORT_FILE}')


def read_recorded_files(folder: str) -> List[Tuple[str, str]]:
    """Read the names and checksums of the files of an exported model.

    Raises:
        ValueError: If they are not recorded as they should be.
    """
    content = read_json(osp.join(folder, EXPORT_FILE), _EXPORT_SHAPE)
    return [(file['path'], file['sha256'])
            for file in content['files'].values()]
