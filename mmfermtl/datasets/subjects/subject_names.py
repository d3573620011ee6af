"""Compare names of subjects and labels whatever their spelling.

People type names: ``F001`` in one list is ``f001`` in the next, a table
program turns ``01`` into ``1`` and ``1`` into ``1.0``, and pandas writes
``nan`` into empty cells. All comparisons of names go through this module.
"""
import re
import unicodedata
from collections import defaultdict
from typing import Any, Dict, Iterable, List, Optional, Set

#: Cells of a table that mean that nothing is known.
_MISSING = ('', 'nan', 'none', 'null', 'na', 'n/a', '#n/a', '<na>')
SPELLINGS = ('refuse', 'merge', 'keep')


def name_key(name: Any) -> str:
    """Normalise a name, so that its spellings become equal.

    Case, surrounding and repeated blanks, the form of Unicode, zeros before
    a number and ``.0`` after one make no difference.

    Args:
        name (Any): A name or number as it was typed.

    Returns:
        str: For comparison only.

    Examples:
        >>> name_key('F001') == name_key(' f1'), name_key('01'), name_key(1.0)
        (True, '1', '1')
    """
    text = unicodedata.normalize('NFKC', str(name)).casefold()
    text = re.sub(r'^(\d+)\.0+$', r'\1', ' '.join(text.split()))
    return re.sub(r'(?<![\d.])0+(?=\d)', '', text)


def given_name(name: Optional[str]) -> str:
    """Strip a name; return '' for ``nan``, ``None``, ``NA`` and the like."""
    text = (name or '').strip()
    return '' if text.casefold() in _MISSING else text


def resolve_spellings(subjects: Iterable[str], how: str,
                      place: str) -> Dict[str, str]:
    """Map subjects that are spelled in several ways to one spelling.

    Only the user knows whether ``1`` and ``01`` are one subject: merged by
    mistake they make wrong pairs, and kept apart by mistake they are trained
    and tested on. So the default is to refuse them.

    Args:
        how (str): ``'refuse'``; ``'merge'``, which takes the first spelling
            in sorted order; or ``'keep'``, for subjects that do differ.

    Returns:
        dict[str, str]: The spelling to use of each one.

    Raises:
        ValueError: If there are several of one subject and ``how`` is
            ``'refuse'``, or if ``how`` is not known.
    """
    if how not in SPELLINGS:
        raise ValueError(f'spellings={how!r}; give one of '
                         f'{", ".join(map(repr, SPELLINGS))}')
    groups: Dict[str, List[str]] = defaultdict(list)
    for subject in sorted(set(subjects)):
        groups[subject if how == 'keep' else name_key(subject)].append(subject)
    several = [names for names in groups.values() if len(names) > 1]
    if several and how == 'refuse':
        shown = '; '.join(' and '.join(map(repr, names))
                          for names in several[:3])
        raise ValueError(
            f'{place}: {len(several)} subject(s) are spelled in several ways '
            f'({shown}), so that a subject could be both trained and tested '
            "on; write each one in one way, or give spellings='merge' if "
            "they are the same subject, spellings='keep' if they are not")
    return {name: names[0] for names in groups.values() for name in names}


def match_names(wanted: Iterable[str],
                known: Iterable[str]) -> Dict[str, Optional[str]]:
    """Find the names of a list among those of a dataset.

    Returns:
        dict[str, str | None]: For each wanted name the known one that is the
        same, else the only one that is spelled otherwise, else None.
    """
    names: Set[str] = set(known)
    by_key: Dict[str, List[str]] = defaultdict(list)
    for name in names:
        by_key[name_key(name)].append(name)
    found: Dict[str, Optional[str]] = {}
    for name in wanted:
        alike = [name] if name in names else by_key[name_key(name)]
        found[name] = alike[0] if len(alike) == 1 else None
    return found
