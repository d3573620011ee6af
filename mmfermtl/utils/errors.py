"""Report a user's mistake in a sentence, and a bug with its traceback."""
import errno
import os.path as osp
import sys
import traceback
from contextlib import contextmanager
from typing import Iterator

from .stop_signals import end_on_signals

#: Hints for errors of the file system.
_HINTS = {
    errno.EACCES: 'change its permissions, or give another place',
    errno.EPERM: 'change its permissions, or give another place',
    errno.EROFS: 'give a place that can be written to',
    errno.ENOSPC: 'free some space, or give a place on another disk',
    errno.EDQUOT: 'free some space, or give a place on another disk',
    errno.ENOTDIR: 'a part of the path is a file; give another place',
    errno.EEXIST: 'it is in the way; give another name',
    errno.EISDIR: 'give the name of a file',
    errno.ENOENT: 'check the path',
    errno.EMFILE: 'raise the limit with `ulimit -n`, or use fewer workers'
}
PACKAGE_DIR = osp.dirname(osp.dirname(osp.abspath(__file__)))


class UserError(ValueError):
    """A mistake that the user can fix; the message describes how."""


def is_user_error(error: BaseException) -> bool:
    """Return whether an exception is the message of a check, not a bug.

    The checks of the package (a missing data folder, a fold out of range)
    raise built-in exceptions. They are recognised by the end of the
    traceback: a ``raise`` statement of this package. An exception that
    Python itself or another package raises is taken for a bug.
    """
    if isinstance(error, UserError):
        return True
    if not isinstance(error, (ValueError, KeyError, FileNotFoundError)):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return is_own_code(error) and (frames[-1].line or '').startswith('raise ')


def is_own_code(error: BaseException) -> bool:
    """Return whether an exception was raised by a line of this package."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and osp.abspath(
        frames[-1].filename).startswith(PACKAGE_DIR + osp.sep)


def describe_file_error(error: OSError) -> str:
    """Describe an error of the file system in a sentence, with a hint."""
    if error.errno is None:
        # For example of a loader's worker, whose text is a traceback.
        return str(error).strip().splitlines()[-1]
    names = [str(f) for f in (error.filename, error.filename2) if f]
    parts = [' -> '.join(names)] * bool(names) + [str(error.strerror)]
    text = ': '.join(parts)
    hint = _HINTS.get(error.errno)
    return f'{text}; {hint}' if hint else text


@contextmanager
def report_user_errors(advice: str = '') -> Iterator[None]:
    """End the process with code 2 and one message on a user's mistake.

    Errors of the file system do the same. Ctrl-C and SIGTERM end it with the
    codes 130 and 143, and ``advice`` on how to continue. Bugs pass through
    and keep their traceback.
    """
    try:
        with end_on_signals(advice):
            yield
    except Exception as error:
        if is_user_error(error):
            # str() of a KeyError shows the quoted form of its argument.
            quoted = isinstance(error, KeyError) and len(error.args) == 1
            message = error.args[0] if quoted else error
        elif isinstance(error, OSError):
            message = describe_file_error(error)
        else:
            raise
        print(f'error: {message}', file=sys.stderr)
        sys.exit(2)
