"""Define the canonical expression names and the codes of each dataset.

All code that names an expression uses this module, so that labels of
different datasets mean the same thing. The canonical order is that of the
CK+ codes (0 neutral ... 7 surprise, Lucey et al. 2010); a label is the
position of its name in the tuple of classes in use.
"""
from typing import Dict, List, NamedTuple, Sequence, Tuple, Union

EXPRESSIONS: Tuple[str, ...] = ('neutral', 'anger', 'contempt', 'disgust',
                                'fear', 'happiness', 'sadness', 'surprise')

#: Class sets used by the papers, by their number of classes.
CLASS_SETS: Dict[int, Tuple[str, ...]] = {
    6: tuple(e for e in EXPRESSIONS if e not in ('neutral', 'contempt')),
    7: EXPRESSIONS[1:],
    8: EXPRESSIONS,
}

#: Names that distributions, lists and papers use for the canonical ones.
ALIASES: Dict[str, str] = {
    'angry': 'anger',
    'contemptuous': 'contempt',
    'disgusted': 'disgust',
    'afraid': 'fear',
    'fearful': 'fear',
    'happy': 'happiness',
    'joy': 'happiness',
    'sad': 'sadness',
    'surprised': 'surprise',
}

#: Integer codes of the distributions.
CKPLUS_CODES: Dict[int, str] = dict(enumerate(EXPRESSIONS))
# MMI counts the six basic expressions alphabetically, from 1.
MMI_CODES: Dict[int, str] = dict(enumerate(CLASS_SETS[6], 1))


def canonical_expression(name: str, custom: Sequence[str] = ()) -> str:
    """Map any known spelling of an expression to its canonical name.

    Args:
        name (str): For example ``'Happy'`` or ``'SADNESS'``.
        custom (Sequence[str]): Further names that a dataset defines.
            Defaults to ().

    Returns:
        str: One of :data:`EXPRESSIONS`, or of ``custom`` as spelled there.

    Raises:
        ValueError: If the name is not known.

    Examples:
        >>> canonical_expression('Happy')
        'happiness'
    """
    key = str(name).strip().lower()
    key = ALIASES.get(key, key)
    if key not in EXPRESSIONS:
        for other in custom:
            if str(other).strip().lower() == key:
                return str(other).strip()
        known = ', '.join(EXPRESSIONS + tuple(ALIASES))
        raise ValueError(f'unknown expression {name!r}; known are: {known}')
    return key


def resolve_classes(classes: Union[int, Sequence[str]],
                    allow_custom: bool = False) -> Tuple[str, ...]:
    """Turn the ``classes`` option of a dataset into canonical names.

    Args:
        classes (int | Sequence[str]): 6 (basic expressions), 7 (with
            contempt) or 8 (with neutral too), or names in label order.
        allow_custom (bool): Whether to accept names that are not known
            expressions as classes of the dataset. Defaults to False.

    Returns:
        tuple[str]: Canonical names, and custom ones as given; the label is
        the position.

    Raises:
        ValueError: If the number is not 6, 7 or 8, or a name is unknown or
            given twice.

    Examples:
        >>> resolve_classes(6)
        ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
    """
    if isinstance(classes, int):  # the size of a class set of the papers
        if classes not in CLASS_SETS:
            raise ValueError(f'classes={classes} is not a class set of the '
                             f'field; give one of {sorted(CLASS_SETS)} or '
                             'the names of the classes')
        return CLASS_SETS[classes]
    if isinstance(classes, str):  # else its letters would be the names
        raise ValueError(f'classes={classes!r} is a single string; give a '
                         'list of names, or 6, 7 or 8')
    names = tuple(
        canonical_expression(name, classes if allow_custom else ())
        for name in classes)
    if len({name.lower() for name in names}) != len(names) or not all(names):
        raise ValueError(f'classes={list(classes)} names an expression twice '
                         'or has an empty name')
    if not names:
        raise ValueError(f'classes={list(classes)} is empty; give names, or '
                         '6, 7 or 8')
    return names


class ClassMatch(NamedTuple):
    """The classes of two models that mean the same expression."""

    #: Positions in the new and in the old model of each shared class.
    pairs: List[Tuple[int, int]]
    #: Canonical names of the classes that both models have.
    shared: List[str]
    #: Those of the new model alone.
    added: List[str]
    #: Those of the old model alone.
    dropped: List[str]


def match_classes(new: Sequence[str], old: Sequence[str]) -> ClassMatch:
    """Match classes, in label order, by their canonical names.

    Examples:
        >>> match_classes(['contempt', 'happiness'], ['Happy', 'Sad']).pairs
        [(1, 0)]
    """
    known = (*new, *old)  # a user's own names in one dataset are so in both
    new = [canonical_expression(name, known) for name in new]
    old = [canonical_expression(name, known) for name in old]
    shared = [name for name in new if name in old]
    return ClassMatch([(new.index(n), old.index(n)) for n in shared], shared,
                      [n for n in new if n not in old],
                      [n for n in old if n not in new])
