"""How many faces of each class are painted."""
from typing import List, Optional, Sequence

from ..datasets.generated.class_balance import fill_up, share_out
from ..utils.errors import UserError

RULES = ('equal', 'uniform', 'proportional')


def wanted_counts(real: Sequence[int],
                  rule: str = 'equal',
                  total: Optional[int] = None,
                  per_class: Optional[int] = None) -> List[int]:
    """Apply a balancing rule.

    Args:
        real (Sequence[int]): Real training images of each class.
        rule (str): ``'equal'`` pads real and painted images together to the
            same number in each class, that of the largest class if there is
            no ``total``; ``'uniform'`` paints as many of each class;
            ``'proportional'`` keeps the proportions of the real images.
            Defaults to ``'equal'``.
        total (int, optional): Images to paint in all. Defaults to None.
        per_class (int, optional): Images to paint of each class, without a
            rule. Defaults to None.

    Returns:
        list[int]: For each class.

    Raises:
        UserError: If the options do not fit together.

    Examples:
        >>> wanted_counts([5, 3, 1])
        [0, 2, 4]
        >>> wanted_counts([5, 3, 1], total=12)
        [2, 4, 6]
    """
    for name, value in (('total', total), ('per-class', per_class)):
        if value is not None and value < 1:
            raise UserError(f'--{name} {value}: expected 1 or more')
    if per_class is not None:
        if total is not None or rule != 'equal':
            raise UserError('--per-class says all; leave out --total and '
                            '--balance')
        return [per_class] * len(real)
    if rule not in RULES:
        raise UserError(f'--balance {rule}: give one of {", ".join(RULES)}')
    if rule == 'equal':
        if total is None:
            return [max(real) - count for count in real]
        return fill_up(real, total)
    if total is None:
        raise UserError(f'--balance {rule} needs --total, the number of '
                        'images to paint in all')
    weights = real if rule == 'proportional' else [1] * len(real)
    return share_out(weights, total)
