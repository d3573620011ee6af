"""Keep files that another file names inside the folder of that file.

An index, a provenance or a journal may come from a stranger. All code that
reads, writes or removes a file named there gets its path from here.
"""
import hashlib
import os
import os.path as osp
from typing import Any, Iterable, Optional

from .json_documents import Rule


def is_inner_path(path: Any) -> bool:
    """Return whether a value is a relative path that stays in its folder."""
    if not isinstance(path, str) or not path or '\0' in path:
        return False
    parts = path.replace(os.sep, '/').split('/')
    return not osp.isabs(path) and not osp.splitdrive(path)[0] and not any(
        part in ('', '.', '..') for part in parts)


#: The shape of such a path in a JSON file.
INNER_PATH = Rule("a relative path without '..'", is_inner_path)


def contained_path(root: str, path: str, follow: bool = False) -> str:
    """Join a folder and a path in it, and check that it stays inside.

    Args:
        root (str): The folder, which may itself be a link.
        path (str): Relative to it.
        follow (bool): Whether to refuse a file that is itself a link to the
            outside, as when it is read. Writing and removing replace a link
            and do not touch its target. Defaults to False.

    Returns:
        str: ``root`` and ``path`` joined.

    Raises:
        ValueError: If it is no relative path, contains ``..``, or leads out
            of the folder through a link.
    """
    if not is_inner_path(path):
        raise ValueError(f'{root}: found the path {path!r:.100} of a file, '
                         f'expected {INNER_PATH.wanted}; the file that names '
                         'it was edited: remove it and make the folder again')
    full = osp.join(root, path)
    base = osp.realpath(root)
    real = osp.realpath(full if follow else osp.dirname(full))
    if osp.commonpath([base, real]) != base:
        raise ValueError(f'{full}: leads through a link to {real}, outside '
                         f'of {root}; replace the link by its target')
    return full


def remove_files(root: str, paths: Iterable[str]) -> None:
    """Remove files of a folder and the folders that this leaves empty.

    The folder itself stays; the files may be missing.

    Raises:
        ValueError: If a path leads out of the folder; then none is removed.
    """
    for full in [contained_path(root, path) for path in paths]:
        if osp.isfile(full) or osp.islink(full):
            os.remove(full)
        folder = osp.dirname(full)
        while folder.startswith(root + os.sep):
            try:
                os.rmdir(folder)
            except OSError:
                break
            folder = osp.dirname(folder)


def file_sha256(path: str) -> Optional[str]:
    """Compute the SHA-256 of a file; None if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open(path, 'rb') as file:
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def check_content(path: str, sha256: str, hint: str) -> None:
    """Require that a file has not changed since its checksum was recorded.

    Raises:
        ValueError: If it has, or cannot be read, with the hint on what to do.
    """
    found = file_sha256(path)
    if found != sha256:
        raise ValueError(
            f'{path}: found SHA-256 {str(found)[:12]}..., expected '
            f'{sha256[:12]}... as recorded; the image was changed or '
            f'swapped: {hint}')
