"""Fixed splits of a dataset, in the place of folds."""
from collections import Counter
from typing import Any, Dict, List, Optional, Union

from ..subjects.subject_names import name_key

FIXED_SPLITS = ('train', 'val', 'test')
#: Counterparts of the inner splits of folds, which nested runs ask for.
INNER_SPLITS = dict(inner_train='train', inner_val='val')
#: Known names of the splits; FER2013 has `publictest` and `privatetest`.
_NAMES: Dict[str, str] = {
    name: split
    for split, names in dict(
        train='train training',
        val='val valid validation dev publictest',
        test='test testing privatetest').items()
    for name in names.split()
}

SplitRule = Union[str, Dict[str, Any], None]


class FixedSplits:
    """Assign images to splits.

    Args:
        rule (str | dict): ``'folders'`` for folders named ``train``, ``val``
            and ``test`` at the top of ``data_root``; or
            ``dict(column='usage')`` for a column of the CSV file. A dict may
            have ``names``, which maps further names to splits:
            ``dict(column='usage', names={'A': 'train', 'B': 'test'})``, or
            ``dict(folders=True, names=...)``.

    Raises:
        ValueError: If the rule is malformed.
    """

    def __init__(self, rule: Union[str, Dict[str, Any]]) -> None:
        given: Any = dict(folders=True) if rule == 'folders' else rule
        if (not isinstance(given, dict)
                or not set(given) <= {'folders', 'column', 'names'}
                or ('folders' in given) == ('column' in given)):
            raise ValueError(
                f"splits={rule!r}; give 'folders' or dict(column=NAME), with "
                'names={...} if the splits are called otherwise')
        #: Column of the CSV file, or None for folders.
        self.column: Optional[str] = None
        if 'column' in given:
            self.column = str(given['column']).strip().lower()
        self.names = dict(_NAMES)
        for name, split in (given.get('names') or {}).items():
            if split not in FIXED_SPLITS:
                raise ValueError(f'splits: names maps {name!r} to {split!r}; '
                                 f'give one of {", ".join(FIXED_SPLITS)}')
            self.names[name_key(name)] = split

    def of(self, name: str) -> Optional[str]:
        """Return the split of a folder or cell, None if it names none."""
        return self.names.get(name_key(name))


def wanted_split(split: str, fold: Optional[int]) -> str:
    """Return the fixed split, or ``'all'``, that a dataset asks for.

    Raises:
        ValueError: If there is no such split, or the fold is not 0 or None.
    """
    name = INNER_SPLITS.get(split, split)
    if name not in (*FIXED_SPLITS, 'all'):
        raise ValueError(f'split={split!r} is not known; of fixed splits give '
                         "'train', 'val', 'test' or 'all'")
    if fold not in (None, 0) or isinstance(fold, bool):
        raise ValueError(f'fold={fold!r}: the splits are fixed, so that there '
                         'are no folds; leave the fold at 0, or where '
                         '`splits` sets them leave it out')
    return name


def keep_fixed_split(samples: List[dict], split: str, fold: Optional[int],
                     place: str) -> List[dict]:
    """Keep the samples of a fixed split, or of all.

    Samples without a label are sources for training only.

    Args:
        samples (list[dict]): With ``fixed_split`` and ``gt_label``.
        split (str): As of a dataset.
        fold (int, optional): As of a dataset.
        place (str): Folder that messages name.

    Returns:
        list[dict]: The samples that are kept.

    Raises:
        ValueError: If there is no such split, or it has no sample.
    """
    wanted = wanted_split(split, fold)
    kept = [
        s for s in samples if wanted == 'all' or s['fixed_split'] == wanted and
        (wanted == 'train' or s['gt_label'] >= 0)
    ]
    if not kept:
        counts = Counter(s['fixed_split'] for s in samples)
        raise ValueError(f'{place}: no image of split={split!r}; found '
                         f'{dict(counts)}; give another split, or where '
                         '`splits` sets them correct it')
    return kept


def refuse_shared_subjects(splits: Dict[str, List[str]], place: str) -> None:
    """Raise a ValueError if a subject is in several splits."""
    shared = {s: sorted(set(n)) for s, n in sorted(splits.items())}
    shared = {s: names for s, names in shared.items() if len(names) > 1}
    if shared:
        shown = '; '.join(f'{subject} in {" and ".join(names)}'
                          for subject, names in list(shared.items())[:3])
        raise ValueError(
            f'{place}: {len(shared)} subject(s) are in several splits '
            f'({shown}), so that test subjects would be trained on; move each '
            'one into one split, or leave `splits` out, and folds are made '
            'by subject')
