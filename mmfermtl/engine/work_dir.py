"""Work in a directory that is one's own."""
import os
from contextlib import contextmanager
from typing import Iterator

from ..utils.file_lock import lock_folder

#: Where launchers tell a process its number among all.
_RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')


@contextmanager
def lock_work_dir(work_dir: str, launcher: str = 'none') -> Iterator[None]:
    """Keep a second training out of a work directory.

    Of the processes of one training the first holds the lock. The same
    process may take it again.

    Args:
        work_dir (str): The directory, made if need be.
        launcher (str): How the processes were started. Defaults to 'none'.

    Raises:
        ValueError: If another process trains in it.
    """
    ranks = [os.environ[name] for name in _RANKS if name in os.environ]
    if launcher != 'none' and ranks and ranks[0] != '0':
        yield
        return
    with lock_folder(
            work_dir,
            'training in it',
            'wait for its end, stop it, or give another --work-dir',
            reentrant=True):
        yield


@contextmanager
def name_file_errors(work_dir: str) -> Iterator[None]:
    """Give errors of the file system that name no file the work directory.

    A full disk is met while an open file is written, and Python does not say
    which.

    Args:
        work_dir (str): The directory that the block writes to.

    Raises:
        OSError: As raised inside, with a file name.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = work_dir
        raise
