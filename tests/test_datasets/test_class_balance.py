"""Counts by rules, checked against what they promise."""
import numpy as np
import pytest

from mmfermtl.datasets.generated.class_balance import fill_up, share_out


@pytest.mark.parametrize('counts, total, expected', [
    ([5, 1, 3], 0, [0, 0, 0]),
    ([5, 1, 3], 2, [0, 2, 0]),
    ([5, 1, 3], 3, [0, 3, 0]),
    ([5, 1, 3], 6, [0, 4, 2]),
    ([5, 1, 3], 8, [1, 5, 2]),
    ([0, 0, 0], 7, [3, 2, 2]),
    ([], 0, []),
])
def test_fill_up(counts, total, expected):
    assert fill_up(counts, total) == expected


def test_fill_up_is_as_equal_as_can_be():
    """Against adding one by one to the smallest class."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        counts = rng.integers(0, 40, rng.integers(1, 9)).tolist()
        total = int(rng.integers(0, 200))
        slow = list(counts)
        for _ in range(total):
            slow[int(np.argmin(slow))] += 1
        added = fill_up(counts, total)
        assert sum(added) == total and min(added) >= 0
        assert sorted(np.add(counts, added)) == sorted(slow)


def test_share_out():
    assert share_out([129, 51, 156], 10) == [4, 1, 5]
    assert share_out([1, 1, 1], 2) == [1, 1, 0]
    with pytest.raises(ValueError, match='no shares'):
        share_out([0, 0], 3)
    with pytest.raises(ValueError, match='no shares'):
        share_out([1, -1, 3], 3)
