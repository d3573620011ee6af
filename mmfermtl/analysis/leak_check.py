"""Check that training and test data have nothing in common."""
from collections import defaultdict
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np
from mmengine.config import Config

from ..datasets import ExpressionDataset
from ..datasets.subjects import subject_identity
from ..engine.config.config_datasets import iterate_folds
from ..utils.errors import UserError
from .image_table import ImageTable
from .near_duplicates import find_near_duplicates

Folds = List[Optional[int]]


class Side(NamedTuple):
    """The training or the test side of a fold."""

    #: Positions in the table of images.
    images: Set[int]
    #: Dataset and subject.
    subjects: Set[Tuple[str, ...]]
    #: Dataset, subject and sequence.
    sequences: Set[Tuple[str, ...]]
    #: Number of images that count as a subject each.
    singles: int


def check_leaks(cfg: Config,
                every_fold: bool = True,
                min_correlation: float = 0.88) -> Dict[str, Any]:
    """Search for leaks between the sides of the folds of a config.

    Subjects, sequences and files are compared by name, by the path without
    links and by content; images also by their appearance, see
    :func:`~mmfermtl.analysis.near_duplicates.find_near_duplicates`.

    Args:
        cfg (Config): A loaded config.
        every_fold (bool): Whether to check all folds or the config's own.
            Defaults to True.
        min_correlation (float): Least correlation of a pair. Defaults to
            0.88.

    Returns:
        dict: For JSON. ``'leaks'`` is the number of findings; ``'folds'``
        has a dict per fold with its sizes, ``'shared_subjects'`` and
        ``'shared_sequences'``; ``'identical_files'`` has a dict per content
        with ``'files'`` and ``'folds'``; ``'near_duplicates'`` a dict per
        pair with ``'files'``, ``'correlation'``, ``'mirrored'``,
        ``'inverted'``, ``'part'`` and ``'folds'``.

    Raises:
        UserError: If the config has nothing to compare, or the threshold is
            out of range.
    """
    if not 0 < min_correlation <= 1:
        raise UserError(f'--correlation {min_correlation}: expected a number '
                        'above 0, up to 1')
    table = ImageTable()
    folds: Folds = []
    sides: List[Tuple[Side, Side]] = []
    for fold, train, test in iterate_folds(cfg, every_fold):
        folds.append(fold)
        sides.append((_collect(train, table), _collect(test, table)))
    rows = [_compare_names(fold, *pair) for fold, pair in zip(folds, sides)]
    train, test = (_members(sides, k, len(table.rows)) for k in (0, 1))
    identical = _identical_files(table, train, test, folds)
    near = _near_duplicates(table, train, test, folds, min_correlation)
    leaks = len(identical) + len(near) + sum(
        len(row['shared_subjects']) + len(row['shared_sequences'])
        for row in rows)
    return dict(
        config=cfg.filename,
        leaks=leaks,
        images=len(table.rows),
        min_correlation=min_correlation,
        folds=rows,
        identical_files=identical,
        near_duplicates=near)


def _collect(datasets: Sequence[ExpressionDataset], table: ImageTable) -> Side:
    """List the images, subjects and sequences of a side."""
    side = Side(set(), set(), set(), 0)
    singles = 0
    for dataset in datasets:
        subjects: List[Tuple[str, ...]] = []
        for index in range(len(dataset)):
            record = dataset.get_record(index)
            side.images.add(table.add(dataset, index, record))
            subject = subject_identity(dataset, record)
            if subject is None:
                singles += 1
                continue
            subjects.append(subject)
            side.sequences.add((*subject, str(record['sequence'])))
        side.subjects.update(subjects)
        if len(set(subjects)) == len(subjects) > 1:
            singles += len(subjects)
    return side._replace(singles=singles)


def _compare_names(fold: Optional[int], train: Side,
                   test: Side) -> Dict[str, Any]:
    """Count what a fold has, and list the names that both sides have."""
    return dict(
        fold=fold,
        train_images=len(train.images),
        test_images=len(test.images),
        train_subjects=len(train.subjects),
        test_subjects=len(test.subjects),
        single_images=train.singles + test.singles,
        shared_subjects=_join(train.subjects & test.subjects),
        shared_sequences=_join(train.sequences & test.sequences))


def _join(names: Set[Tuple[str, ...]]) -> List[str]:
    return ['/'.join(parts) for parts in sorted(names)]


def _members(sides: Sequence[Tuple[Side, Side]], side: int,
             total: int) -> np.ndarray:
    """Mark the images on a side of each fold: ``(N, F)`` bool."""
    members = np.zeros((total, len(sides)), bool)
    for column, pair in enumerate(sides):
        members[list(pair[side].images), column] = True
    return members


def _identical_files(table: ImageTable, train: np.ndarray, test: np.ndarray,
                     folds: Folds) -> List[Dict[str, Any]]:
    """List files of the same content that are separated by a fold."""
    groups: Dict[str, List[int]] = defaultdict(list)
    for position, row in enumerate(table.rows):
        groups[row.digest].append(position)
    found = []
    for group in groups.values():
        separated = train[group].any(0) & test[group].any(0)
        if separated.any():
            paths = {table.rows[i].real_path for i in group}
            found.append(
                dict(
                    files=[table.rows[i].name for i in group],
                    one_file=len(paths) == 1,
                    folds=_numbers(separated, folds)))
    return found


def _near_duplicates(table: ImageTable, train: np.ndarray, test: np.ndarray,
                     folds: Folds,
                     min_correlation: float) -> List[Dict[str, Any]]:
    """List copies of an image in files that differ."""
    pairs = find_near_duplicates(
        np.stack(table.thumbnails), train, test, min_correlation)
    return [
        dict(
            files=[table.rows[i].name, table.rows[j].name],
            correlation=round(pair.correlation, 4),
            mirrored=pair.mirrored,
            inverted=pair.inverted,
            part=pair.part,
            folds=_numbers((train[i] & test[j]) | (train[j] & test[i]), folds))
        for pair in pairs for i, j in [pair[:2]]
        if table.rows[i].digest != table.rows[j].digest
    ]


def _numbers(where: np.ndarray, folds: Folds) -> Folds:
    return [folds[k] for k in np.flatnonzero(where)]
