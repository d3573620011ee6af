import logging
import os.path as osp
import re
from collections import Counter, defaultdict
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from ...expressions import resolve_classes
from ...registry import DATASETS
from ..dataset_report import log_dataset
from ..sequence_dataset import SequenceDataset
from ..sequences import ExpressionSequence, Frame
from ..subjects.subject_names import given_name, name_key, resolve_spellings
from .fixed_splits import (FixedSplits, SplitRule, keep_fixed_split,
                           refuse_shared_subjects)
from .folder_reader import (FolderReader, Row, check_subject_pattern,
                            find_subject, frame_number)
from .label_map import LabelMap


@DATASETS.register_module()
class ExpressionFolder(SequenceDataset):
    """Your own images: class-named folders, or a CSV file.

    Folders named by expressions in any known spelling, or by your own
    ``classes``, with images at any depth below::

        data_root
        ├── happy/anna_01.png ...
        └── Anger/...

    or a CSV file (``ann_file``) with a header and the columns ``path``
    (relative to ``data_root``) and ``expression``; ``subject``, ``sequence``
    and ``frame`` (a number, for the order) are optional.

    The subject comes from that column or from a regular expression. Without
    either, each image counts as a subject of its own: training works, but the
    same subject may be trained and tested on, and a warning is logged.
    ``nan``, ``None`` and the like are no subject.

    What is left out is counted: faults in ``problems``, the rest in
    ``left_out``.

    Of a prepared tree the labels and the known subjects are those of its
    index. Where it knows no subject, ``subject_pattern`` finds them in the
    paths that the images had; ``ann_file`` and ``expression_map`` must be
    those that it was prepared with, or be left out.

    Args:
        data_root (str): Folder of the images, or a prepared tree.
        ann_file (str): CSV file, absolute or below ``data_root``, see
            :func:`~mmfermtl.datasets.own_data.csv_table.read_csv`. Defaults
            to '', the folders' names.
        subject_pattern (str, optional): Regular expression that is searched
            for in the path of an image below ``data_root``, with the groups
            ``subject`` and, if wanted, ``sequence`` and ``frame``; for
            example ``r'(?P<subject>[a-z]+)_\\d+\\.png'``. Defaults to None.
        expression_map (dict, optional): What numbers or folder names mean:
            a known expression, one of ``classes``, or None to leave its
            images out; for example ``{'0': 'anger', 'lol': 'happiness'}``.
            Defaults to None.
        splits (str | dict, optional): A fixed split in the place of folds:
            ``'folders'`` for ``train``, ``val`` and ``test`` folders above
            those of the classes, ``dict(column='usage')`` for a column of
            the CSV file, see
            :class:`~mmfermtl.datasets.own_data.fixed_splits.FixedSplits`.
            ``split`` is then ``'train'``, ``'val'``, ``'test'`` or ``'all'``,
            and ``fold`` 0 or None. Defaults to None.
        spellings (str): What to do if subjects differ in case or leading
            zeros only (``F001`` and ``f1``): ``'refuse'``, ``'merge'`` or
            ``'keep'``, see
            :func:`~mmfermtl.datasets.subjects.subject_names.resolve_spellings`.
            Defaults to ``'refuse'``.
        follow_links (bool): Whether links may lead out of ``data_root``.
            Defaults to False.
        frames (str | dict): Defaults to ``'all'``.
        neutral_frames (int): Defaults to 0: neutral images have a folder or
            a label of their own.
        classes (int | Sequence[str]): 6, 7, 8 or names in label order, which
            may be your own: ``['calm', 'stressed']``. Defaults to 7.
        **kwargs: See :class:`~mmfermtl.datasets.SequenceDataset` and
            :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        FileNotFoundError: If the CSV file does not exist.
        ValueError: If the CSV file cannot be read or lacks a column, an
            option is malformed or not that of a prepared tree, an image is
            outside of ``data_root`` or has two labels, a subject is spelled
            in two ways or is in two fixed splits.
    """

    EXPECTED = 'folders named by expressions (anger, happy ...)'
    OWN_CLASSES = True
    PREPARED_WITH = ('ann_file', 'expression_map')

    def __init__(self,
                 data_root: str = '',
                 ann_file: str = '',
                 subject_pattern: Optional[str] = None,
                 expression_map: Optional[Dict[Any, Optional[str]]] = None,
                 splits: SplitRule = None,
                 spellings: str = 'refuse',
                 follow_links: bool = False,
                 frames: Any = 'all',
                 neutral_frames: int = 0,
                 classes: Union[int, Sequence[str]] = 7,
                 **kwargs) -> None:
        self.subject_pattern = subject_pattern
        if subject_pattern is not None:
            check_subject_pattern(subject_pattern)
        self.label_map = LabelMap(
            resolve_classes(classes, self.OWN_CLASSES), expression_map)
        self.expression_map = expression_map
        self.given_ann_file = ann_file  # MMEngine joins it to the root
        self.splits = None if splits is None else FixedSplits(splits)
        self.spellings = spellings
        self.follow_links = follow_links
        super().__init__(
            data_root=data_root,
            ann_file=ann_file,
            frames=frames,
            neutral_frames=neutral_frames,
            classes=classes,
            **kwargs)

    def find_sequences(self) -> List[ExpressionSequence]:
        """List the sequences, and check their subjects and splits."""
        sequences = super().find_sequences()
        known = [s for s in sequences if s.attributes.get('subject_known')]
        # A prepared tree may be read with another option than it was made.
        names = self._resolve(s.subject for s in known)
        splits = defaultdict(list)
        for sequence in known:
            sequence.subject = names[sequence.subject]
            splits[sequence.subject].append(self._split_of(sequence))
        if self.splits is not None:
            refuse_shared_subjects(splits, self.data_root)
        number = len(sequences) - len(known)
        if number:
            risk = ('folds are made by image and may leak' if self.splits
                    is None else 'the splits may share subjects')
            log_dataset(
                self, f'the subject of {number} images is not known, so '
                f'{risk}: the same subject can be trained and tested on. Give '
                'a `subject` column or `subject_pattern`.', logging.WARNING)
        return sequences

    def _resolve(self, subjects: Iterable[str]) -> Dict[str, str]:
        """Map the spellings of subjects as the option asks for."""
        return resolve_spellings(subjects, self.spellings, self.data_root)

    def _split_of(self, sequence: ExpressionSequence) -> str:
        """Return the fixed split of a sequence, '' without fixed splits."""
        if self.splits is None:
            return ''
        if 'split' not in sequence.attributes:
            raise ValueError(f'{self.data_root}: prepared without `splits`, '
                             'so that the split of an image is not known; '
                             'prepare it with the same option')
        return sequence.attributes['split']

    def record_extras(self, sequence: ExpressionSequence,
                      index: int) -> Dict[str, Any]:
        """Return whether the subject is known, and the fixed split."""
        extras = dict(subject_known=sequence.attributes['subject_known'])
        if self.splits is not None:
            extras['fixed_split'] = self._split_of(sequence)
        return extras

    def keep_split(self, samples: List[dict], labelled: set) -> List[dict]:
        """Keep the samples of a fold, or those of the fixed split."""
        if self.splits is None:
            return super().keep_split(samples, labelled)
        self.fold_sizes = [
            len({(s['subject'], s['sequence'])
                 for s in samples if s['fixed_split'] == 'test'})
        ]
        return keep_fixed_split(samples, self.split, self.fold, self.data_root)

    def scan(self) -> List[ExpressionSequence]:
        """Group the images by subject, sequence and expression."""
        rows = FolderReader(self.data_root, self.ann_file, self.label_map,
                            self.subject_pattern, self.splits,
                            self.follow_links, self.problems,
                            self.left_out).read()
        return self._group([(row, Frame(osp.join(self.data_root, row['path'])))
                            for row in rows])

    def read_prepared(
            self,
            sequences: List[ExpressionSequence]) -> List[ExpressionSequence]:
        """Find the subjects that the preparation did not know."""
        sequences = super().read_prepared(sequences)
        if self.subject_pattern is None:
            return sequences
        known, images = [], []
        for sequence in sequences:
            # Without a subject it is one image, whose path is its name.
            path, frame = sequence.subject, sequence.frames.get(0)
            if sequence.attributes['subject_known'] or frame is None:
                known.append(sequence)
                continue
            label = sequence.expression or ''
            row = dict(
                path=path,
                expression=label,
                sequence=sequence.name if sequence.name != label else '',
                frame='',
                split=sequence.attributes.get('split', ''),
                subject='')
            try:
                row.update(find_subject(self.subject_pattern, path))
                row['frame'] = frame_number(row['frame'])
                images.append((row, frame))
            except ValueError as error:
                self.problems.append(f'{frame.path or path}: {error}')
        self._compare_subjects(known)
        return known + self._group(images)

    def _compare_subjects(self, sequences: List[ExpressionSequence]) -> None:
        """Warn where the pattern gives other subjects than the index has."""
        others = []
        for sequence in sequences:
            crops = [f.path for f in sequence.frames.values() if f.path]
            path = osp.relpath(crops[0], self.data_root) if crops else ''
            found = re.search(str(self.subject_pattern), path)
            subject = given_name(found['subject']) if found else ''
            if subject and name_key(subject) != name_key(sequence.subject):
                others.append(f'{path} is of {sequence.subject!r} there, of '
                              f'{subject!r} by the pattern')
        if others:
            log_dataset(
                self, f'`subject_pattern` gives other subjects than the index '
                f'of the prepared tree for {len(others)} sequences '
                f'({others[0]}); those of the index are used. To have the '
                'others, prepare it again with --subject-pattern.',
                logging.WARNING)

    def prepared_option(self, name: str) -> Any:
        """Return an option as an index stores it."""
        if name == 'expression_map':
            return {str(k): v for k, v in (self.expression_map or {}).items()}
        return self.given_ann_file

    def _group(self, images: List[Tuple[Row,
                                        Frame]]) -> List[ExpressionSequence]:
        """Group images by subject, sequence, expression and split."""
        names = self._resolve(r['subject'] for r, _ in images if r['subject'])
        found: Dict[Tuple[str, ...], List[Tuple[Row,
                                                Frame]]] = defaultdict(list)
        for row, frame in images:
            subject = names.get(row['subject'], row['path'])
            found[subject, row['sequence'] or row['expression'],
                  row['expression'], row['split']].append((row, frame))
        labels = Counter(key[:2] for key in found)
        return [
            self._sequence(key, members, labels[key[:2]] > 1)
            for key, members in sorted(found.items())
        ]

    def prepared_path(self, sequence: ExpressionSequence, index: int) -> str:
        """Return the path of the source, with ``.png`` added if need be."""
        path = osp.relpath(sequence.frames[index].path, self.data_root)
        return path if path.lower().endswith('.png') else f'{path}.png'

    def _sequence(self, key: Tuple[str, ...], images: List[Tuple[Row, Frame]],
                  several: bool) -> ExpressionSequence:
        """Join the images of one subject, sequence, expression and split."""
        subject, sequence, expression, split = key
        images = sorted(
            images, key=lambda one: (int(one[0]['frame']), one[0]['path']))
        attributes: Dict[str, Any] = dict(
            subject_known=bool(images[0][0]['subject']))
        if split:
            attributes['split'] = split
        # One name, one label: a clip may go through several expressions.
        name = f'{sequence}_{expression}' if several else sequence
        # The position, not the number: a user may keep every tenth frame.
        return ExpressionSequence(subject, name, expression, len(images), {
            i: frame
            for i, (_, frame) in enumerate(images)
        }, attributes)
