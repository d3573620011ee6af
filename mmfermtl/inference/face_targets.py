"""Turn what a user asks for into target vectors."""
import math
from typing import Any, Dict, List, Mapping, Sequence, Union

import numpy as np

from ..expressions import canonical_expression
from ..utils.errors import UserError

#: Weights by name of the expression, or ``'all'``.
Edit = Union[str, Mapping[str, float]]


def parse_edit(text: str) -> Dict[str, float]:
    """Parse ``'happiness=.7,surprise=.3'``; a name alone has the weight 1.

    Raises:
        UserError: If a weight is no number, or an expression is named twice.
    """
    weights: Dict[str, float] = {}
    for part in text.split(','):
        name, _, value = part.partition('=')
        name = name.strip()
        if name in weights:
            raise UserError(f'{text!r}: names {name} twice; give one weight '
                            'for each expression')
        try:
            weights[name] = float(value) if value else 1.
        except ValueError:
            raise UserError(f'{part.strip()!r}: expected NAME or NAME=WEIGHT, '
                            'such as happiness=.7') from None
    return weights


def find_expression(name: str, classes: Sequence[str]) -> int:
    """Find the label of an expression that a user names.

    Raises:
        UserError: If there is no such expression.
    """
    try:
        return list(classes).index(canonical_expression(name, classes))
    except ValueError:
        raise UserError(f'expression {name!r}: expected one of '
                        f'{", ".join(classes)}') from None


def target_vector(weights: Mapping[str, float], classes: Sequence[str],
                  source: int) -> np.ndarray:
    """Make a target of weights; the rest is the expression of the source.

    Args:
        weights (Mapping[str, float]): Weights in [0, 1] by name, with a sum
            of at most 1.
        classes (Sequence[str]): Names in label order.
        source (int): Label of the expression of the source.

    Returns:
        np.ndarray: ``(E, )`` float32, with the sum 1.

    Raises:
        UserError: If there is no such expression, or a weight is out of
            range.
    """
    target = np.zeros(len(classes), np.float64)
    if not weights:
        raise UserError('no expression to edit to; give one of '
                        f'{", ".join(classes)}')
    for name, weight in weights.items():
        label = find_expression(name, classes)
        if not _is_share(weight):
            raise UserError(f'{name}={weight!r}: expected a weight from 0 to '
                            '1')
        target[label] += weight
    rest = 1 - target.sum()
    if rest < -1e-6:
        raise UserError(f'the weights of {", ".join(weights)} have the sum '
                        f'{target.sum():g}; expected at most 1')
    target[source] += max(rest, 0)
    return (target / target.sum()).astype(np.float32)


def _is_share(weight: Any) -> bool:
    """Whether a value is a number from 0 to 1."""
    if isinstance(weight, bool) or not isinstance(weight, (int, float)):
        return False
    return math.isfinite(weight) and 0 <= weight <= 1


def edit_targets(edit: Edit, classes: Sequence[str],
                 source: int) -> List[np.ndarray]:
    """List the targets of an edit: one, or with ``'all'`` each expression."""
    if edit == 'all':
        return list(np.eye(len(classes), dtype=np.float32))
    if isinstance(edit, str):
        edit = parse_edit(edit)
    if not isinstance(edit, Mapping):
        raise UserError(f"edit={edit!r}: expected 'all' or weights by "
                        'expression, such as dict(happiness=.7)')
    return [target_vector(edit, classes, source)]


def sweep_targets(weights: Mapping[str, float], steps: int,
                  classes: Sequence[str], source: int) -> List[np.ndarray]:
    """List targets that grow from the source to the weights, evenly."""
    if not 2 <= steps <= 256:
        raise UserError(f'--sweep {steps}: expected 2 to 256 steps')
    shares = np.linspace(0, 1, steps)
    target_vector(weights, classes, source)  # refuses what is out of range
    return [
        target_vector(
            {
                name: float(share * weight)
                for name, weight in weights.items()
            }, classes, source) for share in shares
    ]
