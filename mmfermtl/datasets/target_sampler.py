from collections import defaultdict
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ..utils.deprecation import renamed_arguments


class Target(NamedTuple):
    """A target expression and its paired target image, if there is one."""

    label: int
    index: Optional[int]  # of an image of the same subject, if there is one


class TargetSampler:
    """Draw the target expression of a source image.

    The releases of the paper draw uniformly among the subject's images with
    another label, which is ``TargetSampler(..., balanced=False)``. The other
    options are ours.

    Args:
        labels (Sequence[int]): Label of each sample, ``(N, )``; -1 for a
            source whose expression is not known, which gets targets like the
            others, but is no target itself.
        subjects (Sequence[str]): Subject of each sample, ``(N, )``.
        num_classes (int): Number of expressions ``E``.
        balanced (bool): Whether the target class is drawn first, with weights
            that make all classes equally frequent as targets as far as the
            subject's images allow, and then one of its images. Defaults to
            True.
        identity (float): Probability in [0, 1] of an identity target: the
            source's expression, with the source itself as the ground truth
            (self-reconstruction). A source without a label gets another
            target instead. Defaults to 0.
        unpaired (float): Probability in [0, 1] that the target is drawn
            from all other classes, whether or not the subject has an image
            of it. Defaults to 0.
        mixed (float): Probability in [0, 1] that another target than the
            source's expression is mixed with a second expression, in random
            shares: in one half of the cases that of the source, for
            intensities between, in the other any. There is no image of
            a mixture. Defaults to 0.

    Raises:
        ValueError: If a probability is outside [0, 1] or they exceed 1
            together, or if there is one expression alone.
    """

    @renamed_arguments(own='identity')
    def __init__(self,
                 labels: Sequence[int],
                 subjects: Sequence[str],
                 num_classes: int,
                 balanced: bool = True,
                 identity: float = 0.,
                 unpaired: float = 0.,
                 mixed: float = 0.) -> None:
        if min(identity, unpaired) < 0 or identity + unpaired > 1:
            raise ValueError(
                f'identity={identity} and unpaired={unpaired} must be '
                'probabilities that sum to at most 1')
        if not 0 <= mixed <= 1:
            raise ValueError(f'mixed={mixed} must be a probability')
        if num_classes < 2 and identity < 1:
            raise ValueError(
                f'num_classes={num_classes}: a target is another expression '
                'than that of its source; name two or more `classes`, or '
                'leave `pairs` out')
        self.labels = list(labels)
        self.subjects = list(subjects)
        self.num_classes = num_classes
        self.balanced = balanced
        self.identity = identity
        self.unpaired = unpaired
        self.mixed = mixed
        #: subject -> label -> positions of the images
        self.images: Dict[str, Dict[int, List[int]]] = defaultdict(
            lambda: defaultdict(list))
        for index, (label, subject) in enumerate(zip(labels, subjects)):
            if label >= 0:
                self.images[subject][label].append(index)
        # A class that few subjects show is drawn more often for these.
        num_subjects = np.zeros(num_classes)
        for by_label in self.images.values():
            num_subjects[list(by_label)] += 1
        self._rarity = 1 / np.maximum(num_subjects, 1)

    def draw(self,
             index: int,
             uniform: Callable[[], float] = np.random.random_sample) -> Target:
        """Draw a target for one source.

        Args:
            index (int): Position of the source.
            uniform (Callable): Returns up to three numbers in [0, 1).
                Defaults to NumPy's global generator.

        Returns:
            Target: The target.
        """
        label = self.labels[index]
        by_label = self.images[self.subjects[index]]
        kind = uniform()
        if kind < self.identity and label >= 0:
            return Target(label, index)
        others = sorted(k for k in by_label if k != label)
        if not others or (self.identity <= kind <
                          self.identity + self.unpaired):
            others = [k for k in range(self.num_classes) if k != label]
            target = others[int(uniform() * len(others))]
            if target not in by_label:
                return Target(target, None)
            pool = by_label[target]
        elif self.balanced:
            # As `choice` with probabilities, which takes five times as long.
            bounds = np.cumsum(self._rarity[others])
            place = np.searchsorted(bounds, uniform() * bounds[-1], 'right')
            pool = by_label[others[min(int(place), len(others) - 1)]]
        else:
            pool = [i for k in others for i in by_label[k]]
        chosen = pool[int(uniform() * len(pool))]
        return Target(self.labels[chosen], chosen)

    def draw_mixture(
        self,
        index: int,
        target: int,
        uniform: Callable[[], float] = np.random.random_sample
    ) -> Optional[np.ndarray]:
        """Draw what a target is mixed with.

        Args:
            index (int): Position of the source.
            target (int): The target, as :meth:`draw` gives it.
            uniform (Callable): Returns up to four numbers in [0, 1).
                Defaults to NumPy's global generator.

        Returns:
            np.ndarray, optional: A probability vector ``(E, )``, float32;
            None if the target is not mixed.
        """
        label = self.labels[index]
        # An identity target stays what it is.
        if target == label or uniform() >= self.mixed:
            return None
        other = label
        if label < 0 or uniform() < 0.5:
            others = [k for k in range(self.num_classes) if k != target]
            other = others[int(uniform() * len(others))]
        score = np.zeros(self.num_classes, np.float32)
        score[target] = uniform()
        score[other] = 1 - score[target]
        return score
