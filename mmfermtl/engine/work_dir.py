"""Lock a work directory, and name it in errors of the file system."""
import os
from contextlib import contextmanager, nullcontext
from typing import ContextManager, Iterator

from ..utils.file_lock import lock_folder

#: Variables in which launchers give a process its number.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')


def lock_work_dir(work_dir: str, launcher: str = 'none') -> ContextManager:
    """Keep a second training out of a work directory, made if need be.

    Of the processes of one training the first holds the lock. The same
    process may take it again.

    Raises:
        ValueError: If another process trains in it.
    """
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    if launcher != 'none' and ranks and ranks[0] != '0':
        return nullcontext()
    return lock_folder(
        work_dir,
        'training in it',
        'wait for its end, stop it, or give another --work-dir',
        reentrant=True)


@contextmanager
def name_file_errors(work_dir: str) -> Iterator[None]:
    """Add the work directory to errors of the file system without a name.

    A full disk is met while an open file is written, and Python does not
    name the file.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = work_dir
        raise
