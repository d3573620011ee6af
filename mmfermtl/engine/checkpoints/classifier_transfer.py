"""Carry the rows of a classifier over to other classes, by name."""
from typing import List, NamedTuple, Sequence, Tuple

import torch
from torch import Tensor, nn

from ...expressions import canonical_expression


class ClassMatch(NamedTuple):
    """Which classes of two models mean the same expression."""

    #: Position in the new model and in the old one of each shared class.
    pairs: List[Tuple[int, int]]
    #: Canonical names of the classes that both have, only the new model has,
    #: and only the old one has.
    shared: List[str]
    fresh: List[str]
    dropped: List[str]


def match_classes(new: Sequence[str], old: Sequence[str]) -> ClassMatch:
    """Match classes by their canonical names.

    Args:
        new (Sequence[str]): Classes of the new model in label order, in any
            known spelling, or own names.
        old (Sequence[str]): Those of the old one.

    Returns:
        ClassMatch: The match.

    Examples:
        >>> match_classes(['contempt', 'happiness'], ['Happy', 'Sad']).pairs
        [(1, 0)]
    """
    known = (*new, *old)  # own names of one dataset are so for both
    new = [canonical_expression(name, known) for name in new]
    old = [canonical_expression(name, known) for name in old]
    shared = [name for name in new if name in old]
    return ClassMatch([(new.index(n), old.index(n)) for n in shared], shared,
                      [n for n in new if n not in old],
                      [n for n in old if n not in new])


def classifier_tensors(head: nn.Module, num_classes: int) -> List[str]:
    """Find the tensors of a head that have one row for each class.

    They are those of its last layer whose weight has that many rows; a
    hidden layer of the same width comes before it.

    Args:
        head (nn.Module): :class:`~mmfermtl.models.FERHead`, or any head that
            ends with a linear layer or a 1x1 convolution.
        num_classes (int): Number of classes of the dataset.

    Returns:
        list[str]: Names of the tensors inside the head, empty if it has no
        such layer.
    """
    found: List[str] = []
    for name, module in head.named_modules():
        own = dict(module.named_parameters(recurse=False))
        weight = own.get('weight')
        if weight is None or weight.ndim < 2 or len(weight) != num_classes:
            continue
        found = [
            f'{name}.{k}'.lstrip('.') for k, v in own.items()
            if len(v) == num_classes
        ]
    return found


def transfer_classifier(new: Tensor, old: Tensor, match: ClassMatch) -> Tensor:
    """Put the rows of shared classes in place; the others stay as they are.

    Args:
        new (Tensor): ``(E_new, ...)`` of the new model.
        old (Tensor): ``(E_old, ...)`` of the old one.
        match (ClassMatch): Which rows belong together.

    Returns:
        Tensor: ``(E_new, ...)``, a new tensor.
    """
    rows = new.detach().clone()
    for here, there in match.pairs:
        rows[here] = old[there].to(rows)
    return rows


def rows_fit(new: Tensor, old: Tensor, num_old: int) -> bool:
    """Whether rows can be carried over: same rows, as many as classes.

    Args:
        new (Tensor): ``(E_new, ...)``.
        old (Tensor): ``(E_old, ...)``.
        num_old (int): Number of classes of the old model.

    Returns:
        bool: True if they fit.
    """
    return (torch.is_tensor(old) and old.ndim == new.ndim
            and len(old) == num_old and old.shape[1:] == new.shape[1:])
