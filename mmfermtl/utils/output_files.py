"""Check the files and folders that options name for results."""
import os
import os.path as osp
from contextlib import contextmanager
from typing import Iterator

from .errors import UserError


@contextmanager
def report_write_errors(option: str, path: str) -> Iterator[None]:
    """Turn an OSError of the block into a UserError.

    The block writes to ``path``, which ``option`` names.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f'{option} {path}: cannot write there ({reason}); '
                        'give a place that is writable and has free '
                        'space') from error


def check_output_file(option: str, path: str) -> None:
    """Refuse, before the work, a file that could not be written after it.

    Its folder is made if need be.
    """
    if osp.isdir(path):
        raise UserError(f'{option} {path}: this is a folder, expected a file; '
                        'give another name')
    make_output_folder(option, osp.dirname(osp.abspath(path)))


def make_output_folder(option: str, path: str) -> None:
    """Make a folder for results, unless it exists, and try to write there."""
    if osp.exists(path) and not osp.isdir(path):
        raise UserError(f'{option} {path}: this is a file, expected a folder; '
                        'give another name')
    with report_write_errors(option, path):
        os.makedirs(path, exist_ok=True)
        probe = osp.join(path, f'.writable-{os.getpid()}')
        with open(probe, 'wb'):
            pass
        os.remove(probe)
