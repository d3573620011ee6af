"""Datasets whose samples come several times in an epoch, drawn anew."""
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Iterator, List

from mmengine.dataset import ClassBalancedDataset as _ClassBalancedDataset
from mmengine.dataset import RepeatDataset as _RepeatDataset

from ..registry import DATASETS

#: How often a sample that is read came before in its epoch.
_REPETITION: ContextVar[int] = ContextVar('repetition', default=0)
#: More than the repetitions of one wrapper, so that nested ones differ.
_MANY = 2**20


def current_repetition() -> int:
    """Return how often the sample that is read now came before."""
    return _REPETITION.get()


@contextmanager
def _repetition(number: int) -> Iterator[None]:
    token = _REPETITION.set(_REPETITION.get() * _MANY + number)
    try:
        yield
    finally:
        _REPETITION.reset(token)


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

    def __getitem__(self, idx: int) -> Any:
        self.full_init()
        with _repetition(idx // self._ori_len):
            return super().__getitem__(idx)


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
        seen: Counter = Counter()
        self._repetitions: List[int] = []
        for index in self.repeat_indices:
            self._repetitions.append(seen[index])
            seen[index] += 1

    def __getitem__(self, idx: int) -> Any:
        self.full_init()
        with _repetition(self._repetitions[idx]):
            return super().__getitem__(idx)
