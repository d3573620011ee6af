"""Match the number of parameters of networks of different structure."""
from typing import Callable

import torch
from torch import nn


def find_inner_width(build: Callable[[float], nn.Module],
                     wanted: int) -> float:
    """Find the width at which a network has a given number of parameters.

    Args:
        build (Callable): Builds the network from a positive factor of its
            widths; the number of parameters must not decrease with it. It is
            called on the meta device, which allocates nothing and draws no
            random numbers.
        wanted (int): Number of parameters.

    Returns:
        float: The best factor.

    Raises:
        ValueError: If no factor is within 1 %.
    """

    def count(factor: float) -> int:
        with torch.device('meta'):
            return sum(p.numel() for p in build(factor).parameters())

    # Double the factor until it is too large, then bisect.
    low, high = 1e-6, 1.
    while count(high) < wanted and high < 1024:
        low, high = high, 2 * high
    # Widths are whole numbers, so a finer search changes nothing.
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if count(middle) < wanted else (low, middle)
    # The number of parameters jumps between the two ends.
    best = min((low, high), key=lambda factor: abs(count(factor) - wanted))
    found = count(best)
    if abs(found - wanted) > 0.01 * wanted:
        raise ValueError(
            f'no inner width gives {wanted} parameters: the nearest has '
            f'{found}. The outputs of the stages keep their widths, so the '
            'network cannot become arbitrarily small, and narrow stages grow '
            'in large steps; change `channels`, or the number')
    return best
