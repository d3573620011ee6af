"""Divide a number of images among classes, as pure functions of counts."""
import heapq
from typing import List, Sequence

import numpy as np


def fill_up(counts: Sequence[int], total: int) -> List[int]:
    """Spread additions so that the sums are as equal as they can be.

    Args:
        counts (Sequence[int]): Present number of each class.
        total (int): Number to add in all, 0 or more.

    Returns:
        list[int]: Additions to each class, which sum to ``total``. Among
        classes of equal sums, earlier ones get the rest.

    Examples:
        >>> fill_up([5, 1, 3], 4)
        [0, 3, 1]
    """
    heap = [(int(count), k) for k, count in enumerate(counts)]
    heapq.heapify(heap)
    for _ in range(total if heap else 0):
        count, k = heap[0]
        heapq.heapreplace(heap, (count + 1, k))
    sums = {k: count for count, k in heap}
    return [sums[k] - int(count) for k, count in enumerate(counts)]


def share_out(weights: Sequence[float], total: int) -> List[int]:
    """Divide a number in proportion, by the largest remainders.

    Args:
        weights (Sequence[float]): Not negative, not all 0.
        total (int): The number, 0 or more.

    Returns:
        list[int]: Parts that sum to ``total``.

    Raises:
        ValueError: If the weights cannot be shares.

    Examples:
        >>> share_out([2, 1, 1], 5)
        [3, 1, 1]
    """
    parts = np.array(weights, np.float64)
    if not len(parts) or parts.min() < 0 or not parts.sum() > 0:
        raise ValueError(f'weights {list(weights)} are no shares: give '
                         'numbers from 0 of which one is above')
    exact = total * parts / parts.sum()
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind='stable')
    whole[order[:total - int(whole.sum())]] += 1
    return whole.tolist()
