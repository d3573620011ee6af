"""Plan a generated set: how many images of each class, from which sources."""
from collections import Counter
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..datasets.generated.class_balance import fill_up, share_out
from ..utils.errors import UserError
from .generation_options import Targets

#: Rules of :func:`wanted_counts`.
RULES = ('equal', 'missing', 'uniform', 'proportional')
#: How often a source serves for one class, if the target vectors vary.
PASSES = 10


def wanted_counts(real: Sequence[int],
                  rule: str = 'equal',
                  total: Optional[int] = None,
                  per_class: Optional[int] = None,
                  labels: Optional[Sequence[int]] = None) -> List[int]:
    """Compute how many images to generate of each class.

    Args:
        real (Sequence[int]): Real training images of each class.
        rule (str): ``'equal'`` pads real and generated images together to
            the same number in each class, that of the largest class if there
            is no ``total``; ``'missing'`` does so for classes without a real
            image alone, of which there may be none; ``'uniform'`` generates
            the same number of each class; ``'proportional'`` keeps the
            proportions of the real images. Defaults to ``'equal'``.
        total (int, optional): Images to generate in all. Defaults to None.
        per_class (int, optional): Images to generate of each class, without
            a rule. Defaults to None.
        labels (Sequence[int], optional): Classes to generate, to which the
            rules are restricted; the largest class is that of all. Defaults
            to None, all.

    Returns:
        list[int]: For each class.

    Raises:
        UserError: If the options contradict one another.

    Examples:
        >>> wanted_counts([5, 3, 1])
        [0, 2, 4]
        >>> wanted_counts([5, 3, 1], total=12)
        [2, 4, 6]
        >>> wanted_counts([5, 3, 1], labels=[2])
        [0, 0, 4]
        >>> wanted_counts([5, 3, 0], 'missing')
        [0, 0, 5]
    """
    chosen = range(len(real)) if labels is None else labels
    if rule == 'missing':
        chosen = [label for label in chosen if not real[label]]
    present = [real[label] for label in chosen]
    for name, value in (('total', total), ('per-class', per_class)):
        if value is not None and value < 1:
            raise UserError(f'--{name} {value}: expected 1 or more')
    if per_class is not None:
        if total is not None or rule != 'equal':
            raise UserError('--per-class sets all counts; leave out --total '
                            'and --balance')
        return _place([per_class] * len(chosen), chosen, len(real))
    if rule not in RULES:
        raise UserError(f'--balance {rule}: give one of {", ".join(RULES)}')
    if rule in ('equal', 'missing'):
        counts = ([max(real) - count for count in present]
                  if total is None or not chosen else fill_up(present, total))
    elif total is None:
        raise UserError(f'--balance {rule} needs --total, the number of '
                        'images to generate in all')
    elif rule == 'proportional' and not sum(present):
        raise UserError('--balance proportional: there is no real image of '
                        'the classes to generate; give --per-class')
    else:
        weights = present if rule == 'proportional' else [1] * len(present)
        counts = share_out(weights, total)
    return _place(counts, chosen, len(real))


def _place(counts: Sequence[int], labels: Sequence[int],
           number: int) -> List[int]:
    """List the counts of labels among those of all classes, else 0."""
    every = [0] * number
    for label, count in zip(labels, counts):
        every[label] = count
    return every


class Candidate(NamedTuple):
    """An image to generate."""

    #: Number within its class, from 0.
    number: int
    #: Index of the source image.
    source: int
    #: Target vector ``(E, )``; sums to 1, the class is its largest entry.
    target: Tuple[float, ...]


def list_candidates(label: int, labels: Sequence[int], subjects: Sequence[str],
                    classes: int, targets: Targets,
                    seed: int) -> Iterator[Candidate]:
    """List the images to generate of a class, in the order of generation.

    Sources show another expression, or an unknown one. Their order is random,
    except that subjects alternate, so that even a few images are of many
    subjects. It depends on the arguments alone.

    Args:
        label (int): The class.
        labels (Sequence[int]): Of the ``N`` sources; -1 is not known.
        subjects (Sequence[str]): Of the ``N`` sources.
        classes (int): Number of classes ``E``.
        targets (Targets): Ranges of the target vectors.
        seed (int): Not negative.

    Yields:
        Candidate: Each source once, or :data:`PASSES` times if targets vary.
    """
    sources = [i for i, shown in enumerate(labels) if shown != label]
    number = 0
    for turn in range(PASSES if targets.vary else 1):
        rng = np.random.default_rng([seed, label, turn])
        order = [sources[k] for k in rng.permutation(len(sources))]
        for source in _alternate_subjects(order, subjects):
            vector = _draw_target(rng, label, labels[source], classes, targets)
            yield Candidate(number, source, vector)
            number += 1


def _alternate_subjects(order: List[int],
                        subjects: Sequence[str]) -> List[int]:
    """Sort: the first image of each subject, then the second, and so on."""
    seen: Counter = Counter()
    turns = []
    for source in order:
        turns.append(seen[subjects[source]])
        seen[subjects[source]] += 1
    # A stable sort keeps the random order among the subjects.
    return [order[k] for k in np.argsort(turns, kind='stable')]


def _draw_target(rng: np.random.Generator, label: int, shown: int,
                 classes: int, targets: Targets) -> Tuple[float, ...]:
    """Draw a target vector ``(E, )`` for a source that shows ``shown``."""
    intensity = float(rng.uniform(*targets.intensity))
    part = float(rng.uniform(0, targets.mixture))
    others = [k for k in range(classes) if k not in (label, shown)]
    third = others[rng.integers(len(others))] if others else label
    vector = np.zeros(classes)
    vector[label] += intensity * (1 - part)
    vector[third] += intensity * part
    if shown >= 0:
        vector[shown] += 1 - intensity
    else:
        vector += (1 - intensity) / classes
    # Rounded, so that the provenance holds the very vector that was used.
    return tuple(round(float(value), 6) for value in vector)
