"""Files of a prepared tree, which are either whole or not there."""
import os
import os.path as osp

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
            if osp.lexists(partial):
                os.remove(partial)  # it may be a link to somewhere else
            with open(partial, 'xb') as file:
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
        if osp.islink(path) or osp.getsize(path) != len(content):
            return False
        with open(path, 'rb') as file:
            return file.read() == content
    except FileNotFoundError:
        return False


def remove_partial_files(root: str) -> None:
    """Remove what a killed run left half-written.

    Args:
        root (str): Folder of the prepared tree.
    """
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(PARTIAL):
                os.remove(osp.join(folder, name))
