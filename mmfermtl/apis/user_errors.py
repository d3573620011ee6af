"""How the command-line tools tell a user's mistake from a bug."""
import os.path as osp
import sys
import traceback
from contextlib import contextmanager
from typing import Iterator

PACKAGE_DIR = osp.dirname(osp.dirname(osp.abspath(__file__)))


class UserError(ValueError):
    """Something that the user can mend; its message says how."""


def is_user_error(error: BaseException) -> bool:
    """Whether an exception is the message of a check, not a bug.

    The checks of the package (a missing data folder, a fold out of range)
    raise built-in exceptions. They are recognised by where the traceback
    ends: at a ``raise`` statement of this package. An exception that Python
    itself or another package raises is taken for a bug.

    Args:
        error (BaseException): A caught exception, with its traceback.

    Returns:
        bool: True if the message alone is enough for the user.
    """
    if isinstance(error, UserError):
        return True
    if not isinstance(error, (ValueError, KeyError, FileNotFoundError)):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return False
    inside = osp.abspath(frames[-1].filename).startswith(PACKAGE_DIR + osp.sep)
    return inside and (frames[-1].line or '').startswith('raise ')


@contextmanager
def report_user_errors() -> Iterator[None]:
    """End the process with code 2 and one message on a user's mistake.

    Bugs pass through and keep their traceback.
    """
    try:
        yield
    except Exception as error:
        if not is_user_error(error):
            raise
        # str() of a KeyError shows the quoted form of its argument.
        lone = isinstance(error, KeyError) and len(error.args) == 1
        message = error.args[0] if lone else error
        print(f'error: {message}', file=sys.stderr)
        sys.exit(2)
