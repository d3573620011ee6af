"""What the scans of trees with one folder a sequence have in common."""
import os.path as osp
from collections import defaultdict
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ..expressions import canonical_expression


def add_frame(frames: Dict[int, str], index: int, path: str,
              problems: List[str]) -> None:
    """Add a frame, or note that there is one of its number already."""
    if index in frames:
        problems.append(f'{path}: found in {frames[index]} too; remove one of '
                        'the copies')
    else:
        frames[index] = path


def folder_expression(name: str, known: Sequence[str], frames: Dict[int, str],
                      problems: List[str]) -> Optional[str]:
    """Canonical expression of a folder, or None with a note."""
    if name in known:
        return canonical_expression(name)
    folder = osp.dirname(next(iter(frames.values())))
    problems.append(f'{folder}: unknown expression, expected one of '
                    f'{", ".join(known)}; rename or remove the folder')
    return None


def note_missing(root: str, found: Iterable[Tuple[str, str]],
                 known: Sequence[str], problems: List[str]) -> None:
    """Note the expressions that a subject lacks.

    Args:
        root (str): Folder of the dataset.
        found (Iterable[tuple[str, str]]): Subjects and expressions.
        known (Sequence[str]): Expressions of each subject.
        problems (list[str]): Receives the notes.
    """
    shown: Dict[str, Set[str]] = defaultdict(set)
    for subject, expression in found:
        shown[subject].add(expression)
    for subject in sorted(shown):
        for name in sorted(set(known) - shown[subject]):
            problems.append(f'{root}: sequence {subject}/{name} is missing or '
                            'empty; copy it again from the distribution')
