import logging
import os.path as osp
from abc import abstractmethod
from collections import Counter
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..expressions import EXPRESSIONS
from ..utils.contained_files import check_content
from ..utils.decoding.face_decoding import (check_bit_depth, decode_face,
                                            file_fault)
from ..utils.file_tree import check_root
from .dataset_report import first_problem, log_dataset
from .expression_dataset import ExpressionDataset
from .prepared_index import check_prepared_with, has_index, indexed_sequences
from .sequences import (ExpressionSequence, FrameRule, check_frame_rule,
                        choose_frames, is_excluded, list_unknown_names,
                        read_frame_file, spell_frame_rule)


class SequenceDataset(ExpressionDataset):
    """Base of the datasets that were recorded as sequences.

    The tree is that of the distribution, or one that
    ``tools/prepare_dataset.py`` made of it: a folder with an ``index.json``.
    A subclass finds the sequences of the distribution in :meth:`scan`.

    A sequence that is missing, incomplete or broken is left out, reported in
    a warning and kept in ``problems``.

    Args:
        data_root (str): Folder of the distribution or the prepared tree.
        frames (str | dict, optional): Frames that show the expression, see
            :func:`~mmfermtl.datasets.sequences.choose_frames`. Defaults to
            None, the usual ones of the dataset.
        neutral_frames (int, optional): How many of the first frames of a
            sequence are neutral samples. With ``'neutral'`` among the
            classes they are labelled so; without it they are sources for
            synthesis alone, which have the label -1 and are in the train
            split only. Defaults to None: one with the neutral class, else
            none.
        neutral_of (str): ``'labelled'``, or ``'all'`` to take neutral
            frames of sequences without a label too. Defaults to
            ``'labelled'``.
        exclude (Sequence[str]): Subjects (``'S021'``) and sequences
            (``'S002/106'``) to leave out. Defaults to ().
        strict (bool): Whether a problem raises an error. Defaults to False.
        verify (bool): Whether to decode every image at the start, so that
            truncated and constant ones are found. Defaults to False.
        bit_depth (int, optional): Of images of more than 8 bits a channel,
            see :func:`~mmfermtl.utils.decoding.face_decoding.to_uint8`.
            Defaults to None, the rule of that function.
        **kwargs: See :class:`~mmfermtl.datasets.ExpressionDataset`.

    Raises:
        FileNotFoundError: If the folder does not exist.
        ValueError: If an option is malformed, an index is damaged or of
            another dataset, a crop is not the one that was prepared, or with
            ``strict`` if there was a problem.
    """

    #: Frames that papers use, the default of ``frames``.
    FRAMES: FrameRule = dict(last=3)
    #: What the folder of the distribution holds, for messages.
    EXPECTED = ''
    #: Its name for ``tools/prepare_dataset.py``; '' if raw images will do.
    RAW_NAME = ''
    #: Options that a prepared tree was made with and that do nothing there.
    PREPARED_WITH: Tuple[str, ...] = ()

    def __init__(self,
                 data_root: str = '',
                 frames: Optional[FrameRule] = None,
                 neutral_frames: Optional[int] = None,
                 neutral_of: str = 'labelled',
                 exclude: Sequence[str] = (),
                 strict: bool = False,
                 verify: bool = False,
                 bit_depth: Optional[int] = None,
                 **kwargs) -> None:
        self.frames = self.FRAMES if frames is None else frames
        check_frame_rule(self.frames)
        if isinstance(self.frames, dict) and isinstance(
                self.frames.get('file'), str):
            self.frames = dict(file=read_frame_file(self.frames['file']))
        if neutral_of not in ('labelled', 'all'):
            raise ValueError(f"neutral_of={neutral_of!r}; give 'labelled' or "
                             "'all'")
        self.neutral_frames = neutral_frames
        self.neutral_of = neutral_of
        if isinstance(exclude, str):
            raise ValueError(f'exclude={exclude!r} is a single string; give '
                             'a list of names')
        self.exclude = tuple(exclude)
        self.strict = strict
        self.verify = verify
        check_bit_depth(bit_depth)
        self.bit_depth = bit_depth
        super().__init__(data_root=data_root, **kwargs)

    @abstractmethod
    def scan(self) -> List[ExpressionSequence]:
        """Find the sequences of the tree as distributed.

        Returns:
            list[ExpressionSequence]: All of them; faults are appended to
            ``self.problems``.
        """

    def is_wanted(self, sequence: ExpressionSequence) -> bool:
        """Check whether the options of the dataset select a sequence."""
        return True

    def record_extras(self, sequence: ExpressionSequence,
                      index: int) -> Dict[str, Any]:
        """Return further keys of the record of a frame."""
        return {}

    def read_frames(self, sequence: ExpressionSequence,
                    indices: Sequence[int]) -> Dict[int, np.ndarray]:
        """Decode frames of a sequence, upright and with one face.

        Args:
            sequence (ExpressionSequence): One of :meth:`find_sequences`.
            indices (Sequence[int]): 0-based frame numbers.

        Returns:
            dict[int, np.ndarray]: ``(H, W, 3)`` BGR, uint8, by number.

        Raises:
            FileNotFoundError: If a file does not exist.
            ValueError: If a file is empty, truncated or no image.
        """
        return {
            i: decode_face(sequence.frames[i].path, 'color', self.bit_depth)
            for i in indices
        }

    def read_landmarks(self, sequence: ExpressionSequence,
                       index: int) -> Optional[np.ndarray]:
        """Read the 68 landmarks that the distribution has of a frame.

        Returns:
            np.ndarray, optional: ``(68, 2)`` float64, x and y in pixels;
            None if there are none.

        Raises:
            ValueError: If the file is damaged.
        """
        return None

    def prepared_path(self, sequence: ExpressionSequence, index: int) -> str:
        """Return the path of a crop below the root of the prepared tree."""
        path = osp.relpath(sequence.frames[index].path, self.data_root)
        return osp.splitext(path)[0] + '.png'

    def find_sequences(self) -> List[ExpressionSequence]:
        """List the wanted sequences, sorted by subject and name."""
        self.problems, self.left_out = [], Counter()
        check_root(self.data_root, f'{self.EXPECTED}, or a prepared tree')
        self._prepared = has_index(self.data_root)
        self._prepared_options: Dict[str, Any] = {}
        if self._prepared:
            found, self._prepared_options = indexed_sequences(
                self.data_root,
                type(self).__name__, self.metainfo['classes'])
            found = self.read_prepared(found)
        else:
            found = self.scan()
        self.frames = spell_frame_rule(self.frames, found)
        # A prepared tree lacks what was excluded when it was made.
        gone = self._prepared_options.get('exclude', ())
        names = [name for name in self.exclude if name not in gone]
        for text in list_unknown_names(names, self.frames, found):
            log_dataset(self, text, logging.WARNING)
        kept = [
            s for s in found
            if self.is_wanted(s) and not is_excluded(s, self.exclude)
        ]
        if not kept:
            raise ValueError(
                f'{self.data_root}: none of {len(found)} sequences found fits '
                f'the options, expected {self.EXPECTED}; check `data_root` '
                f'and the options of {type(self).__name__}'
                f'{first_problem(self)}')
        return sorted(kept, key=lambda s: (s.subject, s.name))

    def read_prepared(
            self,
            sequences: List[ExpressionSequence]) -> List[ExpressionSequence]:
        """Check the options of a prepared tree, and complete its sequences.

        Raises:
            ValueError: If an option is given that it was not prepared with.
        """
        check_prepared_with(
            self.data_root, self._prepared_options,
            {name: self.prepared_option(name)
             for name in self.PREPARED_WITH})
        return sequences

    def prepared_option(self, name: str) -> Any:
        """Return an option as an index stores it."""
        return getattr(self, name)

    def load_samples(self) -> List[dict]:
        """List the chosen frames of all wanted sequences.

        The order is by label, subject, sequence and frame, as that of class
        folders, so that CK+ and its crops in CK+48 train alike.
        """
        classes = self.metainfo['classes']
        neutral_name = 'neutral' if 'neutral' in classes else None
        number = self.neutral_frames
        if number is None:
            number = int(neutral_name is not None)
        if self.neutral_of == 'all' and not number:
            log_dataset(
                self, "neutral_of='all' does nothing without neutral frames; "
                "give `neutral_frames`, or name 'neutral' in `classes`",
                logging.WARNING)
        samples, sequences = [], self.find_sequences()
        if self.RAW_NAME and not self._prepared:
            log_dataset(
                self, 'reads the distribution itself, so faces are neither '
                'cropped nor aligned; for that: python tools/'
                f'prepare_dataset.py {self.RAW_NAME} {self.data_root} OUT')
        for sequence in sequences:
            first = range(min(number, sequence.num_frames))
            chosen: Sequence[int] = ()
            if sequence.expression is not None:
                try:
                    chosen = choose_frames(self.frames, sequence.num_frames,
                                           sequence.key)
                except ValueError as error:
                    self.problems.append(str(error))
                    continue
                if not chosen:
                    self.left_out['sequences that `frames` does not name'] += 1
                chosen = tuple(i for i in chosen if i not in first)
                if sequence.expression not in classes:
                    first = range(0)
            elif self.neutral_of != 'all':
                continue
            if self._is_complete(sequence, (*first, *chosen)):
                samples += self._records(sequence, first, neutral_name,
                                         'neutral')
                samples += self._records(sequence, chosen, sequence.expression,
                                         'peak')
        names = (*classes, *EXPRESSIONS, None)
        # A stable sort: within a label the order is that of the sequences.
        return sorted(samples, key=lambda s: names.index(s['expression']))

    def _records(self, sequence: ExpressionSequence, indices: Sequence[int],
                 expression: Optional[str], role: str) -> List[dict]:
        """Make the records of some frames of a sequence."""
        depth = {} if self.bit_depth is None else dict(
            bit_depth=self.bit_depth)
        return [
            dict(
                img_path=sequence.frames[i].path,
                expression=expression,
                subject=sequence.subject,
                sequence=sequence.name,
                frame_index=i,
                num_frames=sequence.num_frames,
                role=role,
                **depth,
                **self.record_extras(sequence, i)) for i in indices
        ]

    def _is_complete(self, sequence: ExpressionSequence,
                     indices: Sequence[int]) -> bool:
        """Check that all chosen frames can be read; else note the problem."""
        for i in indices:
            frame = sequence.frames.get(i)
            where = f'{self.data_root}: frame {i} of sequence {sequence.key}'
            fault: Optional[str]
            if frame is None and self._prepared:
                fault = (f'{where} is not in the prepared tree, made with '
                         f'frames={self._prepared_options.get("frames")!r}; '
                         'prepare it again with more frames')
            elif frame is None:
                fault = (f'{where} is missing from the tree; copy the '
                         'sequence again from the distribution')
            elif frame.missing:
                fault = f'{where} has no crop: {frame.missing}'
            else:
                fault = file_fault(frame.path, self.verify, self.bit_depth)
                if not fault and frame.sha256:
                    check_content(
                        frame.path, frame.sha256, 'run the same '
                        'tools/prepare_dataset.py command again')
            if fault:
                self.problems.append(fault)
                return False
        return True
