"""Reach the datasets inside MMEngine's wrappers."""
from typing import Any, Iterator


def walk_datasets(dataset: Any) -> Iterator[Any]:
    """Yield a dataset and those that it wraps, outer ones first.

    Args:
        dataset (Any): A dataset; wrappers hold theirs as ``dataset``
            (``RepeatDataset``, ``ClassBalancedDataset``) or ``datasets``
            (``ConcatDataset``).

    Yields:
        Any: The datasets.
    """
    yield dataset
    inner = list(getattr(dataset, 'datasets', []))
    if hasattr(dataset, 'dataset'):
        inner.append(dataset.dataset)
    for one in inner:
        yield from walk_datasets(one)
