"""Walk the datasets inside MMEngine's wrappers, built or as configs."""
from typing import Any, Dict, Iterator, List, Optional, Tuple


def inner_datasets(dataset: Any) -> List[Any]:
    """List the datasets that a wrapper, built or its config, holds.

    Wrappers hold theirs as ``dataset`` (``RepeatDataset``,
    ``ClassBalancedDataset``) or ``datasets`` (``ConcatDataset``).
    """
    if isinstance(dataset, dict):
        several, one = dataset.get('datasets'), dataset.get('dataset')
        one = one if isinstance(one, dict) else None
    else:
        several = getattr(dataset, 'datasets', None)
        one = getattr(dataset, 'dataset', None)
    return [*(several or ()), *([] if one is None else [one])]


def walk_datasets(dataset: Any) -> Iterator[Any]:
    """Yield a dataset and all that it wraps, outer ones first."""
    if dataset is not None:
        yield dataset
        for one in inner_datasets(dataset):
            yield from walk_datasets(one)


def leaf_datasets(dataset: Any) -> Iterator[Any]:
    """Yield the datasets that wrap no other."""
    return (one for one in walk_datasets(dataset) if not inner_datasets(one))


def walk_samples(dataset: Any) -> Iterator[Tuple[Any, int]]:
    """Yield the innermost dataset and position of each sample.

    Of a wrapper with ``indices`` (``torch.utils.data.Subset``) these count.
    """
    if hasattr(dataset, 'full_init'):
        # mmpretrain's KFoldDataset takes its subset only now.
        dataset.full_init()
    inner = inner_datasets(dataset)
    if not inner:
        yield from ((dataset, index) for index in range(len(dataset)))
        return
    samples = (sample for one in inner for sample in walk_samples(one))
    indices = getattr(dataset, 'indices', None)
    if indices is None:
        yield from samples
    else:
        listed = list(samples)
        yield from (listed[index] for index in indices)


def locate_sample(dataset: Any, index: int) -> Tuple[Any, int]:
    """Find the dataset and position of a sample.

    Of joined and repeated datasets it is the one inside; other wrappers, which
    may change their samples, count as datasets.
    """
    while True:
        if hasattr(dataset, 'datasets'):
            for part in dataset.datasets:
                if index < len(part):
                    break
                index -= len(part)
            dataset = part
        elif hasattr(dataset, 'times') or hasattr(dataset, 'oversample_thr'):
            # RepeatDataset and ClassBalancedDataset.
            index = dataset._get_ori_dataset_idx(index)
            dataset = dataset.dataset
        else:
            return dataset, index


def sample_record(dataset: Any, index: int) -> Optional[Dict[str, Any]]:
    """Read the record of a sample without running the pipeline.

    It is None for datasets without records, such as torchvision's.
    """
    read = getattr(dataset, 'get_record',
                   getattr(dataset, 'get_data_info', None))
    record = None if read is None else read(index)
    return record if isinstance(record, dict) else None
