import csv
import logging
import os.path as osp
import re
from collections import Counter, defaultdict
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from mmengine.logging import print_log

from ..expressions import canonical_expression
from ..registry import DATASETS
from .file_tree import walk_files
from .sequence_dataset import SequenceDataset
from .sequences import ExpressionSequence, Frame

_IMAGES = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp')
_COLUMNS = ('path', 'expression', 'subject', 'sequence', 'frame')


@DATASETS.register_module()
class ExpressionFolder(SequenceDataset):
    """Your own faces: class-named folders, or a CSV file.

    Folders named by expressions in any known spelling, with images at any
    depth below::

        data_root
        ├── happy/anna_01.png ...
        └── Anger/...

    or a CSV file (``ann_file``) with a header and the columns ``path``
    (relative to ``data_root``) and ``expression``; ``subject``, ``sequence``
    and ``frame`` (a number, for the order) are optional.

    The subject comes from that column or from a regular expression. Without
    either, each image counts as a person of its own: it trains, but the same
    person may be trained and tested on, and the dataset says so.

    Args:
        data_root (str): Folder of the images, or a prepared tree.
        ann_file (str): CSV file, absolute or below ``data_root``. Defaults to
            '', the folders' names.
        subject_pattern (str, optional): Regular expression that is searched
            for in the path of an image below ``data_root``, with the groups
            ``subject`` and, if wanted, ``sequence`` and ``frame``; for
            example ``r'(?P<subject>[a-z]+)_\\d+\\.png'``. Defaults to None.
        frames (str | dict): Defaults to ``'all'``.
        neutral_frames (int): Defaults to 0: folders of neutral faces count
            as they are labelled.
        classes (int | Sequence[str]): Defaults to 7.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        FileNotFoundError: If the CSV file does not exist.
        ValueError: If the CSV file lacks a column, or the pattern is
            malformed.
    """

    EXPECTED = 'folders named by expressions (anger, happy ...)'

    def __init__(self,
                 data_root: str = '',
                 ann_file: str = '',
                 subject_pattern: Optional[str] = None,
                 frames: Any = 'all',
                 neutral_frames: int = 0,
                 classes: Union[int, Sequence[str]] = 7,
                 **kwargs) -> None:
        self.subject_pattern = subject_pattern
        if subject_pattern is not None:
            try:
                groups = re.compile(subject_pattern).groupindex
            except re.error as error:
                raise ValueError(f'subject_pattern={subject_pattern!r} is no '
                                 f'regular expression: {error}') from None
            if 'subject' not in groups:
                raise ValueError(f'subject_pattern={subject_pattern!r} lacks '
                                 'the group (?P<subject>...)')
        super().__init__(
            data_root=data_root,
            ann_file=ann_file,
            frames=frames,
            neutral_frames=neutral_frames,
            classes=classes,
            **kwargs)

    def find_sequences(self) -> List[ExpressionSequence]:
        """List the sequences, and warn if their subjects are not known."""
        sequences = super().find_sequences()
        lone = sum(not s.attributes['subject_known'] for s in sequences)
        if lone:
            print_log(
                f'{type(self).__name__} {self.data_root}: the subject of '
                f'{lone} images is not known, so folds are made by image and '
                'may leak: the same person can be trained and tested on. Give '
                'a `subject` column or `subject_pattern`.',
                logger='current',
                level=logging.WARNING)
        return sequences

    def scan(self) -> List[ExpressionSequence]:
        """Group the images by subject, sequence and expression."""
        found: Dict[Tuple[str, str, str], List[Tuple[int, str]]]
        found = defaultdict(list)
        known = set()
        rows = self._csv_rows() if self.ann_file else self._folder_rows()
        for row in rows:
            try:
                expression = canonical_expression(row['expression'])
            except ValueError as error:
                self.problems.append(f'{row["where"]}: {error}; mend it')
                continue
            place = self._place(row)
            if place is None:
                continue
            if row['path'] in known:
                self.problems.append(f'{row["where"]}: {row["path"]} is '
                                     'listed twice; remove one line')
                continue
            known.add(row['path'])
            subject, sequence, frame = place
            found[subject, sequence or expression, expression].append(
                (frame, row['path']))
        labels = Counter((subject, name) for subject, name, _ in found)
        return [
            self._sequence(key, sorted(images), labels[key[:2]] > 1)
            for key, images in sorted(found.items())
        ]

    def prepared_path(self, sequence: ExpressionSequence, index: int) -> str:
        """Like the source, with ``.png`` added to another suffix."""
        path = osp.relpath(sequence.frames[index].path, self.data_root)
        return path if path.lower().endswith('.png') else f'{path}.png'

    def _sequence(self, key: Tuple[str, str, str], images: List[Tuple[int,
                                                                      str]],
                  several: bool) -> ExpressionSequence:
        # One name, one label: a clip may go through several expressions.
        name = f'{key[1]}_{key[2]}' if several else key[1]
        # The position, not the number: people keep every tenth frame.
        return ExpressionSequence(
            key[0], name, key[2], len(images), {
                i: Frame(osp.join(self.data_root, path))
                for i, (_, path) in enumerate(images)
            }, dict(subject_known=key[0] != images[0][1]))

    def _place(self, row: Dict[str, str]) -> Optional[Tuple[str, str, int]]:
        """Subject, sequence and frame number (-1: unknown) of an image."""
        values = {k: (row.get(k) or '').strip() for k in _COLUMNS[2:]}
        if self.subject_pattern is not None:
            match = re.search(self.subject_pattern, row['path'])
            if match is None:
                self.problems.append(
                    f'{row["where"]}: subject_pattern='
                    f'{self.subject_pattern!r} does not fit the path '
                    f'{row["path"]}; mend the pattern or rename the file')
                return None
            values.update({
                k: v
                for k, v in match.groupdict().items() if v is not None
            })
        frame = values['frame'] or '-1'
        if not re.fullmatch(r'-1|\d+', frame):
            self.problems.append(f'{row["where"]}: found frame {frame!r}, '
                                 'expected a number from 0; mend it')
            return None
        return (values['subject']
                or row['path'], values['sequence'], int(frame))

    def _folder_rows(self) -> Iterator[Dict[str, str]]:
        for folder, name in walk_files(self.data_root, self.problems):
            path = osp.relpath(osp.join(folder, name), self.data_root)
            parts = path.replace('\\', '/').split('/')
            if len(parts) > 1 and name.lower().endswith(_IMAGES):
                yield dict(
                    path=path,
                    expression=parts[0],
                    where=osp.join(self.data_root, path))

    def _csv_rows(self) -> Iterator[Dict[str, str]]:
        path = self.ann_file
        if not osp.isfile(path):
            raise FileNotFoundError(f'{path}: annotation file not found; give '
                                    '`ann_file` absolute or below `data_root`')
        with open(path, encoding='utf-8-sig', newline='') as file:
            reader = csv.DictReader(file)
            lacking = [
                c for c in _COLUMNS[:2] if c not in (reader.fieldnames or ())
            ]
            if lacking:
                raise ValueError(
                    f'{path}: found the columns {reader.fieldnames}, expected '
                    f'{", ".join(_COLUMNS[:2])} (and perhaps '
                    f'{", ".join(_COLUMNS[2:])}) in the first line')
            for row in reader:
                where = f'{path}:{reader.line_num}'
                if None in row.values() or None in row:
                    self.problems.append(
                        f'{where}: found another number of columns than in '
                        'the first line; mend the line')
                    continue
                yield dict(row, where=where)
