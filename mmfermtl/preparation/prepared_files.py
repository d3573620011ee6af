"""Files of a prepared tree, which are either whole or not there."""
import hashlib
import os
import os.path as osp
from typing import Optional

#: Ending of files that are being written.
PARTIAL = '.part'


class TreeWriteError(OSError):
    """The prepared tree cannot be written: no space, no permission."""


def write_whole(path: str, content: bytes) -> None:
    """Write a file in one step, making its folder if need be.

    Another process, or this one after a crash, sees the old file or the new
    one, never a part. A file that has this content already is left alone.

    Args:
        path (str): The file.
        content (bytes): What it shall hold.

    Raises:
        TreeWriteError: If the system refuses; no part is left behind.
    """
    partial = f'{path}.{os.getpid()}{PARTIAL}'
    try:
        os.makedirs(osp.dirname(path), exist_ok=True)
        if _holds(path, content):
            return
        try:
            with open(partial, 'wb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            if osp.exists(partial):
                os.remove(partial)
            raise
    except OSError as error:
        raise TreeWriteError(error.errno, error.strerror, path) from None


def _holds(path: str, content: bytes) -> bool:
    try:
        if osp.getsize(path) != len(content):
            return False
        with open(path, 'rb') as file:
            return file.read() == content
    except FileNotFoundError:
        return False


def file_sha256(path: str) -> Optional[str]:
    """Checksum of a file.

    Args:
        path (str): The file.

    Returns:
        str, optional: Hexadecimal SHA-256; None if it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, 'rb') as file:
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def remove_partial_files(root: str) -> None:
    """Remove what a killed run left half-written.

    Args:
        root (str): Folder of the prepared tree.
    """
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(PARTIAL):
                os.remove(osp.join(folder, name))


def remove_files(root: str, paths: list) -> None:
    """Remove files and the folders that this leaves empty.

    Args:
        root (str): Folder of the prepared tree, which stays.
        paths (list[str]): Files, relative to it; they may be gone already.
    """
    for path in paths:
        full = osp.join(root, path)
        if osp.isfile(full):
            os.remove(full)
        folder = osp.dirname(full)
        while folder.startswith(root + os.sep):
            try:
                os.rmdir(folder)
            except OSError:
                break
            folder = osp.dirname(folder)
