"""Write files in one step: a reader sees the old file or the new one."""
import os
import os.path as osp
import re
import secrets

#: Ending of files that are being written.
PARTIAL = '.part'
#: Of :func:`write_whole`; browsers end names in the same way.
_PARTIAL_NAME = re.compile(rf'\.[0-9a-f]{{8}}{re.escape(PARTIAL)}$')


def write_whole(path: str, content: bytes, replace: bool = True) -> None:
    """Write a file in one step, making its folder if need be.

    A file that has this content already is left alone. Without ``replace``
    so is every other, and the first of several processes writes it.

    Raises:
        OSError: If the system refuses; no part is left behind.
    """
    # Random, because processes of several machines may share the folder.
    partial = f'{path}.{secrets.token_hex(4)}{PARTIAL}'
    try:
        os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
        if _has_content(path, content):
            return
        try:
            with open(partial, 'xb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                os.replace(partial, path)
            else:
                _publish(partial, path)
        finally:
            if osp.exists(partial):
                os.remove(partial)
    except OSError as error:
        # A full disk is met while writing, in an error without a file name.
        raise OSError(error.errno, error.strerror, path) from None


def _publish(partial: str, path: str) -> None:
    """Give a finished file its name, unless another file has it."""
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    except OSError:  # no hard links on this file system
        os.replace(partial, path)


def _has_content(path: str, content: bytes) -> bool:
    try:
        if osp.islink(path) or osp.getsize(path) != len(content):
            return False
        with open(path, 'rb') as file:
            return file.read() == content
    except FileNotFoundError:
        return False


def remove_partial_files(root: str) -> None:
    """Remove what killed runs left half-written in a folder and below."""
    for folder, _, names in os.walk(root):
        for name in names:
            if _PARTIAL_NAME.search(name):
                os.remove(osp.join(folder, name))
