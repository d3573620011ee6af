"""Transfer the weights of a classifier to other classes, by class name."""
from typing import List

from torch import Tensor, nn

from ...expressions import ClassMatch


def classifier_tensors(head: nn.Module, num_classes: int) -> List[str]:
    """Find the tensors ``(E, ...)`` of a head with ``E`` classes.

    They are those of its last layer with such a weight, a linear layer or a
    1x1 convolution; a hidden layer of the same width comes before it. There
    may be none.
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
    """Copy the weights of the shared classes; the others stay as they are.

    Args:
        new (Tensor): ``(E_new, ...)`` of the new model.
        old (Tensor): ``(E_old, ...)`` of the old one.
        match (ClassMatch): The shared classes.

    Returns:
        Tensor: ``(E_new, ...)``, a new tensor.
    """
    weights = new.detach().clone()
    for here, there in match.pairs:
        weights[here] = old[there].to(weights)
    return weights
