"""Datasets whose distribution has a folder of numbered frames a sequence."""
import os.path as osp
import re
from collections import defaultdict
from typing import Dict, List, Optional, Sequence, Tuple

from ..expressions import canonical_expression
from ..utils.file_tree import walk_files
from .sequence_dataset import SequenceDataset
from .sequences import ExpressionSequence, Frame

#: Paths of the frames of each sequence by number. Its key is the subject, the
#: expression as the folder names it, and the conditions of the recording.
FoundFrames = Dict[Tuple[str, ...], Dict[int, str]]


def add_frame(frames: Dict[int, str], index: int, path: str,
              problems: List[str]) -> None:
    """Add a frame, or note that there is one of its number already."""
    if index in frames:
        problems.append(f'{path}: found in {frames[index]} too; remove one of '
                        'the copies')
    else:
        frames[index] = path


class SequenceFolderDataset(SequenceDataset):
    """Base of the datasets with folders ``.../<subject>/<expression>/``.

    Every subject shows every expression. Other folders and files are passed
    over.
    """

    #: Searched for in the path of a folder: ``subject`` and ``expression``.
    FOLDER: re.Pattern
    #: Matches the name of a frame; the first group is its number.
    FRAME: re.Pattern
    #: Names of the folders of expressions.
    EXPRESSIONS: Sequence[str] = ()
    #: Attributes of a sequence, the first of its :meth:`conditions_of`.
    CONDITIONS: Sequence[str] = ()

    def __init__(self, data_root: str = '', classes=6, **kwargs) -> None:
        super().__init__(data_root=data_root, classes=classes, **kwargs)

    def conditions_of(self, folder: re.Match) -> Tuple[str, ...]:
        """Spell the conditions that a match of ``FOLDER`` has."""
        return ()

    def is_skipped(self, folder: str) -> bool:
        """Check by its name whether a folder has no wanted condition."""
        return False

    def select(self, found: FoundFrames) -> Tuple[FoundFrames, str]:
        """Choose one condition and name the place of its sequences."""
        return found, self.data_root

    def scan(self) -> List[ExpressionSequence]:
        """Find the sequences by the names of their folders."""
        found: FoundFrames = defaultdict(dict)
        for folder, name in walk_files(self.data_root, self.problems,
                                       self.is_skipped):
            place = self.FOLDER.search(osp.abspath(folder).replace('\\', '/'))
            frame = self.FRAME.fullmatch(name)
            if place is not None and frame is not None:
                key = (place['subject'].upper(),
                       place['expression'].capitalize(),
                       *self.conditions_of(place))
                add_frame(found[key], int(frame.group(1)),
                          osp.join(folder, name), self.problems)
        found, where = self.select(found)
        shown = {key[:2] for key in found}
        for subject in sorted({subject for subject, _ in shown}):
            for name in sorted(self.EXPRESSIONS):
                if (subject, name) not in shown:
                    self.problems.append(
                        f'{where}: sequence {subject}/{name} is missing or '
                        'empty; copy it again from the distribution')
        return [
            ExpressionSequence(subject, name, self._expression(name, paths),
                               max(paths) + 1, {
                                   i: Frame(p)
                                   for i, p in paths.items()
                               }, dict(zip(self.CONDITIONS, conditions)))
            for (subject, name, *conditions), paths in found.items()
        ]

    def _expression(self, name: str, paths: Dict[int, str]) -> Optional[str]:
        """Name the canonical expression of a folder, or note the problem."""
        if name in self.EXPRESSIONS:
            return canonical_expression(name)
        folder = osp.dirname(next(iter(paths.values())))
        self.problems.append(f'{folder}: unknown expression, expected one of '
                             f'{", ".join(self.EXPRESSIONS)}; rename or '
                             'remove the folder')
        return None
