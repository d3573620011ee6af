"""What there is to prepare."""
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
from .options import PreparationOptions, SourceDataset


class SequenceTask(NamedTuple):
    """The frames of a sequence that shall be prepared."""

    #: Position among the source datasets.
    source: int
    sequence: ExpressionSequence
    #: 0-based numbers of the frames, sorted.
    indices: Tuple[int, ...]

    @property
    def name(self) -> str:
        """str: Name for a file, unique among the tasks."""
        return task_name(self.sequence.subject, self.sequence.name,
                         self.sequence.attributes)


def task_name(subject: str, name: str, attributes: Dict[str, Any]) -> str:
    """Name for a file about a sequence.

    Args:
        subject (str): Subject.
        name (str): Name of the sequence.
        attributes (dict): Conditions of the recording.

    Returns:
        str: Differs if any of them differs.
    """
    text = json.dumps([subject, name, attributes], sort_keys=True)
    readable = re.sub(r'[^A-Za-z0-9.-]', '_', f'{subject}_{name}')[-60:]
    return f'{readable}-{hashlib.sha256(text.encode()).hexdigest()[:12]}'


@dataclass
class Worklist:
    """All tasks, and what is known to be amiss before any image is read.

    Args:
        tasks (list[SequenceTask]): One for each sequence.
        problems (list[str]): What the scan of the source found amiss.
        left_out (list[tuple[str, str]]): Sequences that are not prepared,
            and why.
        unlabelled (int): Number of sequences left out for want of a label.
    """

    tasks: List[SequenceTask] = field(default_factory=list)
    problems: List[str] = field(default_factory=list)
    left_out: List[Tuple[str, str]] = field(default_factory=list)
    unlabelled: int = 0

    @property
    def num_images(self) -> int:
        """int: Number of frames to prepare."""
        return sum(len(task.indices) for task in self.tasks)


def list_tasks(raw_root: str, sources: Sequence[SourceDataset],
               options: PreparationOptions) -> Worklist:
    """List the sequences of a distribution and their frames to prepare.

    Args:
        raw_root (str): Folder of the distribution.
        sources (Sequence[SourceDataset]): The dataset, once for each
            condition that is wanted.
        options (PreparationOptions): Says which frames.

    Returns:
        Worklist: Sorted as the dataset sorts.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If the folder is prepared already or holds nothing that
            fits.
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
    elif any(osp.isabs(p) or p.split(os.sep)[0] == '..' for p in paths):
        fault = ('its images lie outside the raw root; give the folder that '
                 'holds them all')
    if fault:
        worklist.left_out.append((sequence.key, fault))
        return
    names |= {task.name, *paths}
    worklist.tasks.append(task)


def shorten(message: str, root: str) -> str:
    """Write paths in a message relative to the source folder.

    Reports then do not depend on where the dataset lies.

    Args:
        message (str): Text with paths.
        root (str): Folder of the distribution.

    Returns:
        str: The text without the folder.
    """
    root = root.rstrip(os.sep)
    return message.replace(root + os.sep, '').replace(root, osp.basename(root))
