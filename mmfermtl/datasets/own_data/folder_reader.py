"""List the images of a folder as rows, from its tree or a CSV file."""
import os.path as osp
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Tuple

from ...utils.decoding.image_paths import IMAGE_SUFFIXES, PathsBelow
from ...utils.file_tree import walk_files
from ..subjects.subject_names import given_name
from .csv_table import read_csv
from .fixed_splits import FixedSplits
from .label_map import LabelMap

#: ``path``, ``expression``, ``where``, ``split``, ``subject``, ``sequence``
#: and ``frame``; '' for what is not known.
Row = Dict[str, str]
_REQUIRED, _OPTIONAL = ('path', 'expression'), ('subject', 'sequence', 'frame')


def check_subject_pattern(pattern: str) -> None:
    """Raise a ValueError for a malformed pattern, or one of other groups."""
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise ValueError(f'subject_pattern={pattern!r} is no regular '
                         f'expression: {error}') from None
    if 'subject' not in groups:
        raise ValueError(f'subject_pattern={pattern!r} lacks the group '
                         '(?P<subject>...)')
    others = sorted(set(groups) - set(_OPTIONAL))
    if others:
        raise ValueError(
            f'subject_pattern={pattern!r} has the group {others[0]}, expected '
            f'none but {", ".join(_OPTIONAL)}: labels come from folders, or '
            'from the CSV file; rename it, or leave its name out')


def find_subject(pattern: str, path: str) -> Dict[str, str]:
    """Find the subject, and what else a pattern has groups of, in a path.

    Raises:
        ValueError: If the pattern does not fit.
    """
    match = re.search(pattern, path)
    if match is None:
        raise ValueError(f'subject_pattern={pattern!r} does not fit the path; '
                         'correct the pattern or rename the file')
    return {
        name: given_name(text)
        for name, text in match.groupdict().items() if text is not None
    }


def frame_number(text: str) -> str:
    """Normalise the number of a frame; ``'-1'`` if it is not known.

    Raises:
        ValueError: If it is no number from 0.
    """
    # Table programs and pandas write 4 as 4.0.
    frame = re.fullmatch(r'(-1|\d+)(\.0*)?', text or '-1')
    if frame is None:
        raise ValueError(f'found frame {text!r}, expected a number from 0; '
                         'correct it')
    return frame.group(1)


@dataclass
class FolderReader:
    """List the usable images of a folder, each one once."""

    root: str
    ann_file: str  # CSV file; '' to use the folders' names
    labels: LabelMap
    pattern: Optional[str]  # regular expression that finds subjects in paths
    splits: Optional[FixedSplits]
    follow_links: bool  # whether links may lead out of the folder
    problems: List[str]  # receives a sentence for each fault
    left_out: Counter  # receives numbers of what is left out on purpose

    def read(self) -> List[Row]:
        """List the images.

        Returns:
            list[dict[str, str]]: A row each, with the normal form of
            ``path`` and the name of the class as ``expression``.

        Raises:
            ValueError: If an image is outside of the root, or is listed
                with different labels, subjects or splits.
        """
        seen: Dict[str, Row] = {}
        self._faults: Dict[str, List[str]] = defaultdict(list)
        paths = PathsBelow(self.root, self.follow_links)
        for row in self._csv_rows() if self.ann_file else self._tree_rows():
            row['path'], real = paths.resolve(row['path'], row['where'])
            try:
                self._fill_in(row)
            except ValueError as error:
                self._faults[str(error)].append(row['where'])
                continue
            self._add_once(seen, row, real)
        for reason, places in self._faults.items():
            more = f' ({len(places)} images in all)' if places[1:] else ''
            self.problems.append(f'{places[0]}: {reason}{more}')
        return [row for row in seen.values() if row['expression']]

    def _add_once(self, seen: Dict[str, Row], row: Row, real: str) -> None:
        """Add a row unless its file has one, which must agree with it."""
        first = seen.setdefault(real, row)
        if first is row:
            return
        for key in ('expression', 'subject', 'split'):
            if first[key] != row[key]:
                raise ValueError(
                    f'{row["where"]}: {row["path"]} is listed twice, with the '
                    f'{key} {row[key]!r} here and {first[key]!r} in '
                    f'{first["where"]}; remove the wrong one')
        self.problems.append(f'{row["where"]}: {row["path"]} is listed twice, '
                             f'as in {first["where"]}; remove one of them')

    def _fill_in(self, row: Row) -> None:
        """Complete a row in place; a label to be left out becomes ''."""
        label = row['expression']
        try:
            expression = self.labels.of(label)
        except ValueError as error:
            hint = ''
            if self.splits is None and FixedSplits('folders').of(label):
                hint = "; for folders of splits give splits='folders'"
            raise ValueError(f'{error}{hint}') from None
        row['expression'] = expression or ''
        if expression is None:
            self.left_out[f'images labelled {label}, mapped to None'] += 1
        for key in _OPTIONAL:
            row[key] = given_name(row.get(key))
        if self.pattern is not None:
            row.update(find_subject(self.pattern, row['path']))
        row['frame'] = frame_number(row['frame'])
        row['split'] = self._split(row)

    def _split(self, row: Row) -> str:
        """Return the fixed split of a row, '' without fixed splits."""
        if self.splits is None:
            return ''
        name = row['path'].split('/')[0]
        if self.splits.column is not None:
            name = row[self.splits.column]
        split = self.splits.of(name)
        if split is None:
            raise ValueError(f'{name!r} is no split; rename it to train, val '
                             'or test, or name it: splits=dict(..., names='
                             f'{{{name!r}: ...}})')
        return split

    def _tree_rows(self) -> Iterator[Row]:
        """Yield the images of class folders, which may be inside splits."""
        if self.splits is not None and self.splits.column is not None:
            raise ValueError(f'splits=dict(column={self.splits.column!r}) '
                             'needs a CSV file; give `ann_file`')
        depth = 0 if self.splits is None else 1
        parent = 'class folder of a split' if depth else 'class folder'
        for folder, name in walk_files(self.root, self.problems):
            full = osp.join(folder, name)
            path = osp.relpath(full, self.root).replace(osp.sep, '/')
            parts = path.split('/')
            if not name.lower().endswith(IMAGE_SUFFIXES):
                suffix = osp.splitext(name)[1].lower() or 'no suffix'
                self.left_out[f'files that are no images ({suffix})'] += 1
            elif len(parts) < depth + 2:
                fault = f'is in no {parent}; move it into one'
                self._faults[fault].append(full)
            else:
                yield dict(path=path, expression=parts[depth], where=full)

    def _csv_rows(self) -> Iterator[Row]:
        """Yield the rows of the CSV file."""
        required: Tuple[str, ...] = _REQUIRED
        if self.splits is not None and self.splits.column is not None:
            required += (self.splits.column, )
        yield from read_csv(self.ann_file, required, _OPTIONAL, self.problems)
