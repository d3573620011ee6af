"""Subject-independent folds, as pure functions of a list of subjects.

The rule of the field is to sort the subjects and to take every ``n``-th one
(interval rule; it reproduces the public ten-fold list of CK+). mmpretrain's
k-fold tool splits by image instead, so that subjects are on both sides.
"""
import hashlib
import re
from collections import Counter
from typing import Any, Dict, Iterable, List, Sequence, Tuple, Union

from ..listed_files import numbered_lines
from .subject_names import match_names

FoldRule = Union[str, Dict[str, Any]]

#: Splits that are trained on; only these hold sources without a label.
TRAIN_SPLITS = ('train', 'inner_train')
#: Splits that a model is tested on.
HELD_OUT_SPLITS = ('test', 'inner_val')


def fold_subjects(subjects: Iterable[str],
                  num_folds: int = 10,
                  rule: FoldRule = 'interval') -> List[Tuple[str, ...]]:
    """Divide subjects into folds.

    Args:
        subjects (Sequence[str]): Subject names; duplicates are ignored.
        num_folds (int): Number of folds. Defaults to 10.
        rule (str | dict): ``'interval'`` gives fold ``k`` the subjects
            ``sorted(subjects)[k::num_folds]``; ``'contiguous'`` gives it the
            block from ``round(k * d)`` to ``round((k + 1) * d)`` with
            ``d = len(subjects) / num_folds``; ``dict(file=path)`` reads a
            list in the public format, see :func:`read_fold_file`, whose
            subjects may be spelled otherwise, see
            :func:`~mmfermtl.datasets.subjects.subject_names.name_key`;
            ``'loso'`` gives each subject a fold, and ``dict(test=[...])``
            makes the one fold of a fixed split: both set the number of
            folds themselves. FMPN-FER uses the contiguous rule and counts
            its folds from the last block.

    Returns:
        list[tuple[str]]: The test subjects of each fold. Together they are
        all the subjects, each one once, except for a fixed split.

    Raises:
        ValueError: If there are fewer subjects than folds, the rule is not
            known, or a file does not name each subject exactly once.
    """
    ordered = sorted(set(subjects))
    if rule == 'loso':
        return [(subject, ) for subject in ordered]
    if isinstance(rule, dict) and set(rule) == {'test'}:
        return [_fixed_test(rule['test'], ordered)]
    if len(ordered) < 2:
        raise ValueError(f'found {len(ordered)} subject(s), expected 2 or '
                         'more to divide into folds; add subjects, or give '
                         "split='all'")
    if num_folds < 2 or num_folds > len(ordered):
        raise ValueError(f'num_folds={num_folds} does not fit '
                         f'{len(ordered)} subjects; give 2 to '
                         f'{len(ordered)} folds')
    place = ''
    if rule == 'interval':
        folds = [tuple(ordered[k::num_folds]) for k in range(num_folds)]
    elif rule == 'contiguous':
        edges = [
            round(k * len(ordered) / num_folds) for k in range(num_folds + 1)
        ]
        folds = [tuple(ordered[a:b]) for a, b in zip(edges, edges[1:])]
    elif isinstance(rule, dict) and set(rule) == {'file'}:
        place = f'{rule["file"]}: '
        folds = _as_known(read_fold_file(rule['file']), ordered)
        if len(folds) != num_folds:
            raise ValueError(f'{rule["file"]}: {len(folds)} folds found, '
                             f'num_folds={num_folds} expected')
    else:
        raise ValueError(f'fold_rule={rule!r} is not known; give '
                         "'interval', 'contiguous', 'loso', dict(file=path) "
                         'or dict(test=[subjects])')
    check_folds(folds, ordered, place)
    return folds


def _fixed_test(names: Sequence[str], subjects: List[str]) -> Tuple[str, ...]:
    """Check the test subjects of a fixed split."""
    test, = _as_known([names], subjects)
    unknown = sorted(set(test) - set(subjects))
    if unknown or not test or len(test) == len(subjects):
        raise ValueError(f'fold_rule=dict(test={list(names)}) must name some '
                         f'but not all of the {len(subjects)} subjects; '
                         f'unknown are {unknown}')
    return test


def _as_known(folds: Sequence[Sequence[str]],
              subjects: Sequence[str]) -> List[Tuple[str, ...]]:
    """Spell the subjects of a list as the dataset does, sorted."""
    same = match_names((name for fold in folds for name in fold), subjects)
    return [
        tuple(sorted({same[name] or name
                      for name in fold})) for fold in folds
    ]


def read_fold_file(path: str) -> List[Tuple[str, ...]]:
    """Read a fold list in the format published with Emotion-FAN.

    A header ``<k>-fold <number> ...`` opens each fold; each of the
    ``<number>`` lines that follow begins with ``<subject>/<sequence>``.

    Returns:
        list[tuple[str]]: The sorted subjects of each fold.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If a line fits neither form, or a fold does not have the
            number of lines that its header announces.
    """
    folds: List[Tuple[int, List[str]]] = []
    for number, line in numbered_lines(path, 'fold list'):
        header = re.match(r'(\d+)-fold\s+(\d+)\b', line)
        entry = re.match(r'([^/\s]+)/\S+', line)
        if header:
            folds.append((int(header.group(2)), []))
        elif entry and folds:
            folds[-1][1].append(entry.group(1))
        else:
            raise ValueError(
                f'{path}:{number}: found {line!r}, expected '
                "'<k>-fold <number> ...' or '<subject>/<sequence> ...'")
    for k, (announced, found) in enumerate(folds, 1):
        if announced != len(found):
            raise ValueError(f'{path}: fold {k} announces {announced} '
                             f'sequences, but {len(found)} lines follow')
    return [tuple(sorted(set(found))) for _, found in folds]


def check_folds(folds: Sequence[Sequence[str]],
                subjects: Sequence[str],
                place: str = '') -> None:
    """Raise a ValueError unless the folds are a partition of the subjects.

    ``place`` is what begins the message, such as the name of a file.
    """
    fold_of: Dict[str, int] = {}
    for k, fold in enumerate(folds):
        for subject in fold:
            first = fold_of.setdefault(subject, k)
            if first != k:
                raise ValueError(
                    f'{place}subject {subject} is in the folds {first} '
                    f'and {k}: test subjects would be trained '
                    'on; give each one fold')
    missing = sorted(set(subjects) - set(fold_of))
    unknown = sorted(set(fold_of) - set(subjects))
    if missing or unknown:
        raise ValueError(
            f'{place}the folds leave out the subjects {missing} and name the '
            f'unknown subjects {unknown}; correct the list, or if these have '
            "images of other classes alone give fold_over='labelled'")


def split_subjects(subjects: Iterable[str],
                   split: str,
                   fold: Union[int, None],
                   num_folds: int = 10,
                   rule: FoldRule = 'interval') -> Tuple[str, ...]:
    """Choose the subjects of one side of one fold.

    For choices that must not use the test fold, such as that of an epoch or
    of a loss weight, the training subjects are divided once more:
    ``'inner_val'`` has those of fold ``(fold + 1) % number of folds``, and
    ``'inner_train'`` the others.

    Args:
        subjects (Sequence[str]): All subjects that have a sample.
        split (str): ``'train'``, ``'test'``, ``'inner_train'``,
            ``'inner_val'`` or ``'all'``.
        fold (int | None): The test fold, 0-based; None with ``'all'`` only.
        num_folds (int): Number of folds. Defaults to 10.
        rule (str | dict): See :func:`fold_subjects`.

    Returns:
        tuple[str]: Sorted subjects. Train and test are disjoint, and
        inner_train and inner_val are a partition of train.

    Raises:
        ValueError: If ``split`` is not known, ``fold`` is out of range,
            ``fold`` is None for a split that needs it, or an inner split is
            asked of fewer than three folds.
    """
    if split not in (*TRAIN_SPLITS, *HELD_OUT_SPLITS, 'all'):
        raise ValueError(f"split={split!r} is not known; give 'train', "
                         "'test', 'inner_train', 'inner_val' or 'all'")
    ordered = tuple(sorted(set(subjects)))
    if split == 'all':
        return ordered
    if fold is None:
        raise ValueError(f'split={split!r} needs a fold from 0 to '
                         f"{num_folds - 1}; for all subjects give split='all'")
    folds = fold_subjects(ordered, num_folds, rule)
    # Not `isinstance`: True and False are integers to Python.
    if type(fold) is not int or not 0 <= fold < len(folds):
        raise ValueError(f'fold={fold!r} is out of range; folds are counted '
                         f'from 0 to {len(folds) - 1}')
    if split == 'test':
        return folds[fold]
    held_out = set(folds[fold])
    if split != 'train':
        if len(folds) < 3:
            raise ValueError(f'split={split!r} needs at least 3 folds, one '
                             'to test on, one to choose on and one to train '
                             f'on, but fold_rule={rule!r} gives {len(folds)}')
        inner_val = folds[(fold + 1) % len(folds)]
        if split == 'inner_val':
            return inner_val
        held_out.update(inner_val)
    return tuple(s for s in ordered if s not in held_out)


def keep_few_subjects(samples: List[dict], number: int, draw: Union[int, str],
                      left_out: Dict[str, int]) -> List[dict]:
    """Keep the samples of few subjects, each with a labelled one.

    Args:
        samples (list[dict]): With ``subject`` and ``gt_label``.
        number (int): How many subjects to keep.
        draw (int | str): Which ones: each draw has an order of the subjects,
            of which the first ones are kept.
        left_out (dict[str, int]): Counts what is left out.

    Returns:
        list[dict]: Those that are kept.

    Raises:
        ValueError: If there are fewer subjects.
    """
    subjects = {s['subject'] for s in samples if s['gt_label'] >= 0}
    if not 1 <= number <= len(subjects):
        raise ValueError(f'train_subjects={number}: found {len(subjects)} '
                         'training subjects; give 1 to that many')
    kept = set(
        sorted(
            subjects,
            key=lambda name: hashlib.sha256(f'{draw}/{name}'.encode()).digest(
            ))[:number])
    few = [sample for sample in samples if sample['subject'] in kept]
    gone = {sample['subject'] for sample in samples} - kept
    name = f'images of {len(gone)} training subjects'
    left_out[name] += len(samples) - len(few)
    return few


def sequences_per_fold(samples: List[dict], subjects: Iterable[str],
                       num_folds: int, rule: FoldRule) -> List[int]:
    """Count the labelled sequences of the subjects of each fold.

    The samples have ``subject``, ``sequence`` and ``gt_label``; see
    :func:`fold_subjects` for the other arguments.
    """
    sequences = {(s['subject'], s['sequence'])
                 for s in samples if s['gt_label'] >= 0}
    counts = Counter(subject for subject, _ in sequences)
    folds = fold_subjects(subjects, num_folds, rule)
    return [sum(counts[subject] for subject in fold) for fold in folds]
