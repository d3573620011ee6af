"""The result of a check."""
from typing import NamedTuple

OK = 'ok'
#: Not there or not known, and nothing that works needs it.
NOTE = 'note'
#: Needed, and broken.
PROBLEM = 'problem'


class Check(NamedTuple):
    """A thing that was looked at, and what was found."""

    #: Such as ``'packages'``.
    group: str
    name: str
    #: ``OK``, ``NOTE`` or ``PROBLEM``.
    status: str
    found: str
    #: What to do about it; '' if nothing.
    fix: str = ''
