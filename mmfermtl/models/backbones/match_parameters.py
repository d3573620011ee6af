"""Give networks of different structure the same number of parameters."""
from typing import Callable

import torch
from torch import nn


def find_inner_width(build: Callable[[float], nn.Module],
                     wanted: int,
                     tolerance: float = 0.01) -> float:
    """Find the width at which a network has a number of parameters.

    Args:
        build (Callable): Makes the network from a positive factor of its
            widths; the number of parameters must not fall with the factor.
            It is called on the meta device: nothing is allocated, and no
            random number is drawn.
        wanted (int): Number of parameters.
        tolerance (float): Largest relative difference. Defaults to 0.01.

    Returns:
        float: The factor that comes nearest.

    Raises:
        ValueError: If none comes near enough.
    """

    def count(factor: float) -> int:
        with torch.device('meta'):
            return sum(p.numel() for p in build(factor).parameters())

    low, high = 1e-6, 1.
    while count(high) < wanted and high < 1024:
        low, high = high, 2 * high
    # Widths are whole numbers: finer than this there is nothing to find.
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if count(middle) < wanted else (low, middle)
    best = min((low, high), key=lambda factor: abs(count(factor) - wanted))
    found = count(best)
    if abs(found - wanted) > tolerance * wanted:
        raise ValueError(
            f'no inner width gives {wanted} parameters: the nearest has '
            f'{found}. The stages keep their outputs, so that the network '
            'cannot become arbitrarily small, and narrow stages grow in '
            'large steps; change `channels`, or the number')
    return best
