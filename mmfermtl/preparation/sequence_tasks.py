"""List the sequences and frames to prepare."""
import hashlib
import json
import os
import os.path as osp
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple, Sequence, Set, Tuple

from ..datasets.prepared_index import has_index
from ..datasets.sequence_dataset import SequenceDataset
from ..datasets.sequences import ExpressionSequence, choose_frames
from .preparation_options import PreparationOptions, SourceDataset
from .tree_checks import SHEETS


class SequenceTask(NamedTuple):
    """The frames to prepare of a sequence."""

    #: Index of its source dataset.
    source: int
    sequence: ExpressionSequence
    #: 0-based numbers of the frames, sorted.
    indices: Tuple[int, ...]

    @property
    def name(self) -> str:
        """str: File name, unique among the tasks."""
        return task_name(self.sequence.subject, self.sequence.name,
                         self.sequence.attributes)


def task_name(subject: str, name: str, attributes: Dict[str, Any]) -> str:
    """Build a file name from a subject, a sequence and its conditions."""
    text = json.dumps([subject, name, attributes], sort_keys=True)
    readable = re.sub(r'[^A-Za-z0-9.-]', '_', f'{subject}_{name}')[-60:]
    return f'{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}'


@dataclass
class Worklist:
    """All tasks, and the problems that are known before images are read."""

    tasks: List[SequenceTask] = field(default_factory=list)
    #: Problems that the scan of the source found.
    problems: List[str] = field(default_factory=list)
    #: Sequences that are not prepared, and why.
    left_out: List[Tuple[str, str]] = field(default_factory=list)
    #: Number of sequences left out because they have no label.
    unlabelled: int = 0


def list_tasks(raw_root: str, sources: Sequence[SourceDataset],
               options: PreparationOptions) -> Worklist:
    """List the sequences of a distribution and their frames to prepare.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it is a prepared tree, or has nothing to prepare.
    """
    if has_index(raw_root):
        raise ValueError(f'{raw_root}: found a prepared tree, expected the '
                         'dataset as distributed; give its folder')
    worklist = Worklist()
    names: Set[str] = set()
    for number, source in enumerate(sources):
        dataset = source.build(raw_root)
        for sequence in dataset.find_sequences():
            _add_task(worklist, names, dataset, number, sequence, options)
        worklist.problems += [
            shorten(problem, raw_root) for problem in dataset.problems
        ]
    if not worklist.tasks:
        reasons = [f'{key}: {why}' for key, why in worklist.left_out[:3]]
        if worklist.unlabelled:
            reasons.append(f'{worklist.unlabelled} sequences have no label')
        raise ValueError(f'{raw_root}: found nothing to prepare '
                         f'({"; ".join(reasons)}); check the folder and the '
                         'options')
    return worklist


def _add_task(worklist: Worklist, names: Set[str], dataset: SequenceDataset,
              number: int, sequence: ExpressionSequence,
              options: PreparationOptions) -> None:
    """Add a sequence to the tasks or to those left out."""
    indices = set(range(min(options.neutral, sequence.num_frames)))
    if sequence.expression is not None:
        try:
            indices |= set(
                choose_frames(dataset.frames, sequence.num_frames,
                              sequence.key))
        except ValueError as error:
            worklist.left_out.append((sequence.key, str(error)))
            return
    elif not options.unlabelled:
        worklist.unlabelled += 1
        return
    task = SequenceTask(number, sequence, tuple(sorted(indices)))
    paths = {
        dataset.prepared_path(sequence, i)
        for i in indices if i in sequence.frames
    }
    fault = None
    if not indices:
        fault = 'the options choose none of its frames'
    elif names & {task.name, *paths}:
        fault = ('its crops would have the names of those of another '
                 'sequence; rename one of them')
    elif any(map(SHEETS.fullmatch, paths)):
        fault = ('its crop would have the name of a contact sheet, such as '
                 'doubtful.png; rename the image')
    elif any(osp.isabs(p) or p.split(os.sep)[0] == '..' for p in paths):
        fault = ('its images are outside the raw root; give the folder that '
                 'holds them all')
    if fault:
        worklist.left_out.append((sequence.key, fault))
        return
    names |= {task.name, *paths}
    worklist.tasks.append(task)


def shorten(message: str, root: str) -> str:
    """Write paths in a message relative to the source folder.

    Reports are then the same wherever the dataset is.
    """
    root = root.rstrip(os.sep)
    return message.replace(root + os.sep, '').replace(root, osp.basename(root))
