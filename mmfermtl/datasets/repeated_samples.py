"""Samples that come several times in an epoch, drawn anew each time."""
from collections import Counter
from typing import Iterable, Iterator, List, Tuple

from mmengine.dataset import ClassBalancedDataset as _ClassBalancedDataset
from mmengine.dataset import RepeatDataset as _RepeatDataset

from ..registry import DATASETS

#: More than the repetitions of one wrapper, so that nested ones differ.
_MANY = 2**20


class RepeatedIndex(int):
    """Position of a sample that came before in its epoch.

    Our datasets let their draws depend on ``repetition``, how often it came.
    ``ConcatDataset`` subtracts from positions, which keeps it.
    """

    repetition: int

    def __new__(cls, index: int, repetition: int) -> 'RepeatedIndex':
        made = super().__new__(cls, index)
        made.repetition = repetition
        return made

    def __sub__(self, other: int) -> 'RepeatedIndex':
        return RepeatedIndex(int(self) - other, self.repetition)

    def __reduce__(self) -> Tuple[type, Tuple[int, int]]:
        return RepeatedIndex, (int(self), self.repetition)


def repetition_of(index: int) -> int:
    """Return how often a sample came before in its epoch."""
    return getattr(index, 'repetition', 0)


def count_repetitions(indices: Iterable[int]) -> Iterator[int]:
    """Yield for each position how often it came before."""
    seen: Counter = Counter()
    for index in indices:
        yield seen[index]
        seen[index] += 1


@DATASETS.register_module()
class RepeatDataset(_RepeatDataset):
    """Repeat a dataset, each time with other draws.

    In MMEngine's an image comes with the same augmentation, target and
    mixture every time, since the draws of our datasets depend on (seed,
    epoch, index) alone; here they depend on the repetition, too.

    Args:
        dataset (dict | BaseDataset): The dataset.
        times (int): How often it comes in an epoch.
        lazy_init (bool): See MMEngine. Defaults to False.
    """

    def _get_ori_dataset_idx(self, idx: int) -> int:
        return _within(idx,
                       super()._get_ori_dataset_idx(int(idx)),
                       idx // self._ori_len)


@DATASETS.register_module()
class ClassBalancedDataset(_ClassBalancedDataset):
    """Repeat images of rare classes, each time with other draws.

    As :class:`RepeatDataset` differs from MMEngine's.

    Args:
        dataset (dict | BaseDataset): The dataset, with ``get_cat_ids``.
        oversample_thr (float): Share of the images below which those of a
            class come several times: ``sqrt(oversample_thr / share)`` times.
        lazy_init (bool): See MMEngine. Defaults to False.
    """

    def full_init(self) -> None:
        """Count how often each image came before."""
        if self._fully_initialized:
            return
        super().full_init()
        self._repetitions: List[int] = [
            *count_repetitions(self.repeat_indices)
        ]

    def _get_ori_dataset_idx(self, idx: int) -> int:
        return _within(idx,
                       super()._get_ori_dataset_idx(idx),
                       self._repetitions[idx])


def _within(outer: int, index: int, repetition: int) -> int:
    """Repeat a position inside of one that may be repeated itself."""
    both = repetition_of(outer) * _MANY + repetition
    return RepeatedIndex(index, both) if both else index
