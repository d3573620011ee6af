"""Reach the datasets inside MMEngine's wrappers."""
from typing import Any, Dict, Iterator, List, Optional, Tuple


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
    for one in _wrapped(dataset):
        yield from walk_datasets(one)


def _wrapped(dataset: Any) -> List[Any]:
    inner = list(getattr(dataset, 'datasets', []))
    if hasattr(dataset, 'dataset'):
        inner.append(dataset.dataset)
    return inner


def walk_samples(dataset: Any) -> Iterator[Tuple[Any, int]]:
    """Yield the samples that a dataset shows, each one once a wrapper.

    Args:
        dataset (Any): A dataset, see :func:`walk_datasets`. A wrapper with
            ``indices`` (``torch.utils.data.Subset``) shows these alone.

    Yields:
        tuple[Any, int]: The innermost dataset, and the position in it.
    """
    if hasattr(dataset, 'full_init'):
        # mmpretrain's KFoldDataset takes its subset only now.
        dataset.full_init()
    inner = _wrapped(dataset)
    if not inner:
        yield from ((dataset, index) for index in range(len(dataset)))
        return
    samples = (sample for one in inner for sample in walk_samples(one))
    indices = getattr(dataset, 'indices', None)
    if indices is None:
        yield from samples
    else:
        samples = list(samples)
        yield from (samples[index] for index in indices)


def sample_record(dataset: Any, index: int) -> Optional[Dict[str, Any]]:
    """What a dataset says of a sample, without its pipeline.

    Args:
        dataset (Any): A dataset that wraps none.
        index (int): Position in it.

    Returns:
        dict, optional: None if the dataset, such as torchvision's, has
        nothing to say.
    """
    read = getattr(dataset, 'get_record',
                   getattr(dataset, 'get_data_info', None))
    record = None if read is None else read(index)
    return record if isinstance(record, dict) else None
