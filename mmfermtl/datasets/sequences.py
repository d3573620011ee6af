"""Sequences of frames, and rules that choose samples among the frames."""
import re
from dataclasses import dataclass, field
from typing import (Any, Dict, List, NamedTuple, Optional, Sequence, Set,
                    Tuple, Union)

from .listed_files import numbered_lines
from .subjects.subject_names import match_names, name_key

FrameRule = Union[str, Dict[str, Any]]


class Frame(NamedTuple):
    """One frame of a sequence."""

    path: str  # the image file, or the video that holds the frame
    landmarks: Optional[str] = None  # file that the distribution has, if any
    missing: Optional[str] = None  # why a prepared tree has no image, if so
    sha256: Optional[str] = None  # of the file in a prepared tree


@dataclass
class ExpressionSequence:
    """One recording of one expression of one subject.

    Args:
        subject (str): Subject name, for example ``'S005'``.
        name (str): Name of the sequence among those of the subject.
        expression (str | None): Canonical name; None if not labelled.
        num_frames (int): Length of the recording.
        frames (dict[int, Frame]): The frames that exist, by 0-based index.
        attributes (dict): Conditions under which it was recorded, for
            example ``dict(modality='VL')``.
    """

    subject: str
    name: str
    expression: Optional[str]
    num_frames: int
    frames: Dict[int, Frame] = field(default_factory=dict)
    attributes: Dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """str: ``<subject>/<name>``."""
        return f'{self.subject}/{self.name}'


def check_frame_rule(rule: FrameRule) -> None:
    """Raise a ValueError if a rule is no form of :func:`choose_frames`."""
    valid = rule == 'all'
    if isinstance(rule, dict) and len(rule) == 1:
        (kind, value), = rule.items()
        if kind in ('first', 'last', 'middle'):
            valid = isinstance(value, int) and value > 0
        elif kind == 'indices':
            valid = isinstance(value, Sequence) and len(value) > 0 and all(
                isinstance(i, int) for i in value)
        else:
            valid = kind == 'file' and isinstance(value, (str, dict))
    if not valid:
        raise ValueError(f"frames={rule!r}; give 'all', dict(first=n), "
                         'dict(last=n), dict(middle=n), dict(indices=[...]) '
                         'or dict(file=path)')


def choose_frames(rule: FrameRule,
                  num_frames: int,
                  key: str = '') -> Tuple[int, ...]:
    """Choose frames of a sequence.

    Args:
        rule (str | dict): ``'all'``; ``dict(first=n)``; ``dict(last=n)``
            (CK+, Oulu-CASIA: the peak is at the end); ``dict(middle=n)``, the
            ``n`` frames around frame ``num_frames // 2`` (MMI, BU-4DFE: back
            to neutral at the end); ``dict(indices=[...])``, counted from the
            end if negative; ``dict(file={key: indices})`` as read by
            :func:`read_frame_file`.
        num_frames (int): Length of the sequence.
        key (str): ``<subject>/<sequence>``. Defaults to ''.

    Returns:
        tuple[int]: Sorted 0-based indices. Fewer than ``n`` if the sequence
        is shorter; none if a file does not name the sequence.

    Raises:
        ValueError: If an explicit index is beyond the sequence.
    """
    every = range(num_frames)
    if rule == 'all':
        return tuple(every)
    (kind, value), = rule.items()
    if kind == 'first':
        return tuple(every[:value])
    if kind == 'last':
        return tuple(every[-value:])
    if kind == 'middle':
        start = max(num_frames // 2 - value // 2, 0)
        return tuple(every[start:start + value])
    indices = value if kind == 'indices' else value.get(key, ())
    beyond = [i for i in indices if not -num_frames <= i < num_frames]
    if beyond:
        raise ValueError(f'sequence {key} has {num_frames} frames; the frames '
                         f'{beyond} asked for do not exist; correct `frames`')
    return tuple(sorted({i % num_frames for i in indices}))


def read_frame_file(path: str) -> Dict[str, Tuple[int, ...]]:
    """Read a list of frames: lines of ``<subject>/<sequence> <i> <i> ...``.

    A ``#`` opens a comment.

    Returns:
        dict[str, tuple[int]]: 0-based indices by ``<subject>/<sequence>``.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If a line does not fit or names a sequence again.
    """
    chosen: Dict[str, Tuple[int, ...]] = {}
    for number, line in numbered_lines(path, 'list of frames', '#'):
        match = re.fullmatch(r'(\S+/\S+)((?:[\s,]+-?\d+)+)', line)
        if match is None or match.group(1) in chosen:
            raise ValueError(
                f'{path}:{number}: found {line!r}, expected '
                '<subject>/<sequence> and 0-based frame numbers, each '
                'sequence once')
        chosen[match.group(1)] = tuple(
            int(i) for i in re.findall(r'-?\d+', match.group(2)))
    return chosen


def is_excluded(sequence: ExpressionSequence, names: Sequence[str]) -> bool:
    """Check whether a list names a sequence or its subject.

    Names are such as ``'S021'``, ``'S002/106'`` or ``'S002-106'``, in any
    spelling.
    """
    return bool(names) and not _names_of(sequence).isdisjoint(
        map(name_key, names))


def spell_frame_rule(rule: FrameRule,
                     sequences: Sequence[ExpressionSequence]) -> FrameRule:
    """Spell the names in the rule ``dict(file=...)`` as the sequences are."""
    if not isinstance(rule, dict) or 'file' not in rule:
        return rule
    same = match_names(rule['file'], [one.key for one in sequences])
    return dict(file={same[k] or k: v for k, v in rule['file'].items()})


def list_unknown_names(exclude: Sequence[str], rule: FrameRule,
                       sequences: Sequence[ExpressionSequence]) -> List[str]:
    """Report which names in ``exclude`` and in a rule are of no sequence.

    Returns:
        list[str]: A sentence for each of the two.
    """
    chosen = rule.get('file', ()) if isinstance(rule, dict) else ()
    known: Set[str] = set()
    if exclude or chosen:
        known.update(*map(_names_of, sequences))
    found = []
    for option, names in (('exclude', exclude), ('frames', chosen)):
        unknown = [name for name in names if name_key(name) not in known]
        if unknown:
            found.append(f'{len(unknown)} of {len(names)} names in `{option}` '
                         'are of no subject or sequence there: '
                         f'{", ".join(unknown[:5])}')
    return found


def _names_of(sequence: ExpressionSequence) -> Set[str]:
    """Return the keys of all names by which a list may refer to a sequence."""
    names = (sequence.subject, sequence.key,
             f'{sequence.subject}-{sequence.name}')
    return {name_key(name) for name in names}
