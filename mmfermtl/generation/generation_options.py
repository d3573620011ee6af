from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..expressions import match_classes
from ..utils.errors import UserError


class Targets(NamedTuple):
    """Ranges from which target vectors are drawn."""

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
        least = low * (1 - self.mixture)
        if least <= 1 - low:
            raise UserError(
                f'--intensity {low} with --mixture {self.mixture}: the target '
                f'could weigh {least:.2f} and the expression of the source '
                f'{1 - low:.2f}, but the label must be the largest; raise '
                '--intensity or lower --mixture')

    @property
    def vary(self) -> bool:
        """bool: Whether one source can give several images of a class."""
        return self.intensity[0] < self.intensity[1] or self.mixture > 0


@dataclass(frozen=True)
class GenerationOptions:
    """Number of images, their targets, and thresholds of the filters.

    Args:
        balance (str): Rule, see
            :func:`~mmfermtl.generation.generation_plan.wanted_counts`.
            Defaults to ``'equal'``.
        total (int, optional): Images in all. Defaults to None.
        per_class (int, optional): Images of each class. Defaults to None.
        targets (Targets): Intensities and mixtures. Defaults to the pure
            expressions.
        agreement (float, optional): Filter ``'classifier'``: least
            probability of the target. Defaults to None.
        identity (float, optional): Filter ``'identity'``: least cosine
            similarity of generated image and source. Defaults to None.
        change (float, optional): Filter ``'copy'``: least mean absolute
            difference from the source, for values in [0, 1]. With a
            classifier, an image that is still classified as the source's
            expression is refused, too. Defaults to None.
        max_agreement (float, optional): Filter ``'classifier'``: greatest
            probability of the target, to train on images that the classifier
            is not sure of. Defaults to None.
        seed (int): Seed of the order of sources and of the target vectors.
            Defaults to 0.
        batch_size (int): Images in a forward pass. It is one of the options
            because the last bits of a convolution can depend on it. Defaults
            to 64.
        classes (tuple[str], optional): Expressions to generate. Defaults to
            None, all.
    """

    balance: str = 'equal'
    total: Optional[int] = None
    per_class: Optional[int] = None
    targets: Targets = field(default_factory=Targets)
    agreement: Optional[float] = None
    identity: Optional[float] = None
    change: Optional[float] = None
    max_agreement: Optional[float] = None
    seed: int = 0
    batch_size: int = 64
    classes: Optional[Tuple[str, ...]] = None

    def to_dict(self) -> Dict[str, Any]:
        """dict: All options, for JSON."""
        options = {**asdict(self), 'targets': self.targets._asdict()}
        for name in ('max_agreement', 'classes'):
            if options[name] is None:  # sets of older versions lack it
                options.pop(name)
        return options

    def labels(self, names: Sequence[str]) -> Optional[List[int]]:
        """Find the labels of the classes to generate, None for all.

        Raises:
            UserError: If one is not among the names of the dataset.
        """
        if self.classes is None:
            return None
        match = match_classes(self.classes, names)
        if match.added:
            raise UserError(f'--classes {" ".join(match.added)}: the dataset '
                            f'has {", ".join(names)}; give some of them')
        return sorted({label for _, label in match.pairs})

    def check(self) -> None:
        """Raise a UserError if an option is out of range."""
        self.targets.check()
        if self.seed < 0:
            raise UserError(f'--seed {self.seed}: expected 0 or more')
        if self.batch_size < 1:
            raise UserError(f'--batch-size {self.batch_size}: expected 1 or '
                            'more')
