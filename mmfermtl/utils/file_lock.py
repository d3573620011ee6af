"""Keep a second process out of a folder that one is working in."""
import os
import os.path as osp
import socket
from contextlib import contextmanager
from typing import IO, Iterator, Set, Tuple

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore
    import msvcrt

#: Processes and the lock files they hold; a fork inherits its parent's list.
_held: Set[Tuple[int, str]] = set()
#: Windows locks bytes against reading, so that one far behind the text is
#: locked.
_FAR = 1 << 30


@contextmanager
def lock_folder(folder: str,
                task: str,
                fix: str,
                name: str = '.lock',
                reentrant: bool = False) -> Iterator[None]:
    """Hold the lock of a folder; the system releases it with the process.

    The lock belongs to the process alone, not to the workers it forks, so
    that those of a killed process do not hold it any longer.

    Args:
        folder (str): The folder, made if need be.
        task (str): What is done, for the message: ``'training in it'``.
        fix (str): What the user may do instead, for the message.
        name (str): Lock file in the folder. Defaults to '.lock'.
        reentrant (bool): Whether the process may take a lock again that it
            holds. Defaults to False.

    Raises:
        ValueError: If another process works in the folder; the message names
            it. If the lock file is a link.
    """
    path = osp.join(osp.realpath(folder), name)
    owned = (os.getpid(), path)
    if reentrant and owned in _held:
        yield
        return
    if owned in _held:
        # Opening and closing the file once more would release the lock.
        raise ValueError(_refusal(folder, f'{os.getpid()}', task, fix))
    os.makedirs(folder, exist_ok=True)
    if osp.islink(path):
        # Its target would be overwritten.
        raise ValueError(f'{path}: found a link, expected the lock of the '
                         'folder; remove it')
    with open(path, 'a+', encoding='utf-8') as file:
        if not _acquire(file):
            file.seek(0)
            raise ValueError(_refusal(folder, file.read().strip(), task, fix))
        file.truncate(0)
        file.write(f'{os.getpid()} on {socket.gethostname()}\n')
        file.flush()
        _held.add(owned)
        try:
            yield
        finally:
            _held.discard(owned)


def _acquire(file: IO[str]) -> bool:
    """Take the lock of an open file, if its file system has locks."""
    try:
        if fcntl is None:
            file.seek(_FAR)
            msvcrt.locking(  # type: ignore[attr-defined]
                file.fileno(),
                msvcrt.LK_NBLCK,  # type: ignore[attr-defined]
                1)
        else:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # for example some network file systems
        pass
    return True


def _refusal(folder: str, owner: str, task: str, fix: str) -> str:
    """Name the process that holds the lock."""
    process = f'process {owner}' if owner else 'another process'
    return f'{folder}: {process} is {task}; {fix}'
