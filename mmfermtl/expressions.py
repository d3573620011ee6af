"""The vocabulary: canonical expression names and each dataset's codes.

Everything that names an expression goes through this module, so that labels
of different datasets mean the same thing. The canonical order is that of the
CK+ codes (0 neutral ... 7 surprise, Lucey et al. 2010); a label is the
position of its name in the tuple of classes in use.
"""
from typing import Dict, Sequence, Tuple, Union

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
MMI_CODES: Dict[int, str] = dict(enumerate(CLASS_SETS[6], 1))


def canonical_expression(name: str, own: Sequence[str] = ()) -> str:
    """Map any known spelling of an expression to its canonical name.

    Args:
        name (str): For example ``'Happy'`` or ``'SADNESS'``.
        own (Sequence[str]): Further names, which a dataset has of its own.
            Defaults to ().

    Returns:
        str: One of :data:`EXPRESSIONS`, or of ``own`` as it stands there.

    Raises:
        ValueError: If the name is not known.

    Examples:
        >>> canonical_expression('Happy')
        'happiness'
    """
    key = str(name).strip().lower()
    key = ALIASES.get(key, key)
    if key not in EXPRESSIONS:
        for other in own:
            if str(other).strip().lower() == key:
                return str(other).strip()
        known = ', '.join(EXPRESSIONS + tuple(ALIASES))
        raise ValueError(f'unknown expression {name!r}; known are: {known}')
    return key


def resolve_classes(classes: Union[int, Sequence[str]],
                    own: bool = False) -> Tuple[str, ...]:
    """Turn the ``classes`` option of a dataset into canonical names.

    Args:
        classes (int | Sequence[str]): 6 (basic expressions), 7 (with
            contempt) or 8 (with neutral too), or names in label order.
        own (bool): Whether names that are no known expression are the
            dataset's own classes. Defaults to False.

    Returns:
        tuple[str]: Canonical names, and own ones as given; the label is the
        position.

    Raises:
        ValueError: If the number is not 6, 7 or 8, or a name is unknown or
            given twice.

    Examples:
        >>> resolve_classes(6)
        ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
    """
    if isinstance(classes, int):
        if classes not in CLASS_SETS:
            raise ValueError(f'classes={classes} is not a class set of the '
                             f'field; give one of {sorted(CLASS_SETS)} or '
                             'the names of the classes')
        return CLASS_SETS[classes]
    if isinstance(classes, str):
        raise ValueError(f'classes={classes!r} is a single string; give a '
                         'list of names, or 6, 7 or 8')
    names = tuple(
        canonical_expression(name, classes if own else ()) for name in classes)
    if len({name.lower() for name in names}) != len(names) or not all(names):
        raise ValueError(f'classes={list(classes)} names an expression twice '
                         'or has an empty name')
    if not names:
        raise ValueError(f'classes={list(classes)} is empty; give names, or '
                         '6, 7 or 8')
    return names
