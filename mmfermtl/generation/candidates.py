"""In which order which faces are repainted as what."""
from collections import Counter
from typing import Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from ..utils.errors import UserError

#: How often a source may be repainted as one class, if not always alike.
PASSES = 10


class Candidate(NamedTuple):
    """A face to paint."""

    #: Number within its class, from 0.
    number: int
    #: Position of the source.
    source: int
    #: ``(E, )``, sums to 1; the class is its largest entry.
    target: Tuple[float, ...]


class Targets(NamedTuple):
    """What target vectors may look like."""

    #: Range of the weight of the class; the rest is the source's expression.
    intensity: Tuple[float, float] = (1., 1.)
    #: Up to this part of the weight goes to a third expression.
    mixture: float = 0.

    def check(self) -> None:
        """Raise a UserError if the class might not be the largest entry."""
        low, high = self.intensity
        if not 0 < low <= high <= 1:
            raise UserError(f'--intensity {low} {high}: expected two numbers '
                            'above 0, up to 1, the smaller one first')
        if not 0 <= self.mixture < 0.5:
            raise UserError(f'--mixture {self.mixture}: expected 0 or more, '
                            'below 0.5')
        if low * (1 - self.mixture) <= 1 - low:
            raise UserError(
                f'--intensity {low} with --mixture {self.mixture}: the '
                f'target could weigh {low * (1 - self.mixture):.2f} and the '
                f'expression of the source {1 - low:.2f}; raise the one or '
                'lower the other, for the label must be the largest')

    @property
    def vary(self) -> bool:
        """bool: Whether a source gives another face when painted again."""
        return self.intensity[0] < self.intensity[1] or self.mixture > 0


def list_candidates(label: int, labels: Sequence[int], subjects: Sequence[str],
                    classes: int, targets: Targets,
                    seed: int) -> Iterator[Candidate]:
    """Faces to repaint as one class, in the order in which they are tried.

    Sources show another expression, or none that is known. The order is
    random but for the subjects, who take turns: a few images are of many
    persons. It depends on nothing but the arguments.

    Args:
        label (int): The class.
        labels (Sequence[int]): Of the sources; -1 is not known.
        subjects (Sequence[str]): Of the sources.
        classes (int): Number of classes ``E``.
        targets (Targets): What target vectors may look like.
        seed (int): Not negative.

    Yields:
        Candidate: The faces; ten times each source, if targets vary.
    """
    sources = [i for i, shown in enumerate(labels) if shown != label]
    number = 0
    for turn in range(PASSES if targets.vary else 1):
        rng = np.random.default_rng([seed, label, turn])
        order = [sources[k] for k in rng.permutation(len(sources))]
        for source in _take_turns(order, subjects):
            vector = _draw_target(rng, label, labels[source], classes, targets)
            yield Candidate(number, source, vector)
            number += 1


def _take_turns(order: List[int], subjects: Sequence[str]) -> List[int]:
    """Each subject's first face, then each one's second, and so on."""
    seen: Counter = Counter()
    turns = []
    for source in order:
        turns.append(seen[subjects[source]])
        seen[subjects[source]] += 1
    return [order[k] for k in np.argsort(turns, kind='stable')]


def _draw_target(rng: np.random.Generator, label: int, shown: int,
                 classes: int, targets: Targets) -> Tuple[float, ...]:
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
    return tuple(round(float(value), 6) for value in vector)
