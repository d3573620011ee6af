"""Say why a config file cannot be read."""
import os.path as osp
import traceback
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Dict, Iterator, List, Optional, Tuple

from ..errors import UserError


@contextmanager
def explain_unreadable(path: str) -> Iterator[None]:
    """Turn what goes wrong while a config runs into a place and a reason.

    A config is a program: it may raise anything.

    Args:
        path (str): The config file that is read inside.

    Raises:
        UserError: In place of any error.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        reason = ' '.join(_reason(path, error).split())
        raise UserError(f'config {path} cannot be read: {reason}') from error


def _reason(path: str, error: BaseException) -> str:
    """What is wrong, and in which of the files."""
    files, lazy = _files(error.__traceback__)
    for end, file in enumerate(files):
        if file in files[:end]:
            circle = ' -> '.join(files[files.index(file):end + 1])
            return (f'its _base_ files lead back to themselves ({circle}); '
                    'remove one of them')
    inner = files[-1] if files else osp.abspath(path)
    if isinstance(error, UnicodeDecodeError):
        return (f'{inner} is not encoded in UTF-8 (byte {error.start}: '
                f'{error.reason}); save it as UTF-8')
    if isinstance(error, ImportError):
        return (f'{error.__cause__ or error}; install it, or name its folder '
                'in PYTHONPATH')
    if isinstance(error, (SyntaxError, OSError)):
        return str(error)
    # Where the code of a config raised it, in a call of its own or not.
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__)
        if osp.abspath(frame.filename) == inner
    ]
    place = f'{inner}, line {lines[-1]}' if lines else inner
    text = f'{place}: {type(error).__name__}: {error}'
    if lazy:
        text += (' (a config that imports a package cannot call what it '
                 'imports; write the values out)')
    return text


def _files(trace: Optional[TracebackType]) -> Tuple[List[str], bool]:
    """The files that were being read, the outer first; and if lazily."""
    frames: Dict[FrameType, None] = {}  # one is met again when it re-raises
    while trace is not None:
        frames[trace.tb_frame] = None
        trace = trace.tb_next
    files = [
        osp.abspath(frame.f_locals['filename']) for frame in frames
        if frame.f_code.co_name == '_file2dict'
    ]
    lazy = any(f.f_code.co_name == '_parse_lazy_import' for f in frames)
    return files, lazy
