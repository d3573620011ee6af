import math
from typing import Any, Iterator, List, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from ...registry import DATA_SAMPLERS
from ...utils.deprecation import register_old_name
from ...utils.wrapped_datasets import walk_datasets
from .class_balance import fill_up
from .generated_faces import GeneratedFaces
from .ratio_schedule import Ratio, largest_ratio, ratio_schedule


@DATA_SAMPLERS.register_module()
class GeneratedRatioSampler(Sampler):
    """Mix real and painted faces in a ratio that the config says.

    The dataset is a ``ConcatDataset`` of real ones and of
    :class:`~mmfermtl.datasets.GeneratedFaces`. The generated images are
    added: an epoch has every real image at least once, and so many generated
    ones that their share is the ratio. All epochs have the same number of
    samples, that of the largest ratio, so that schedules of the learning rate
    keep their meaning; where the ratio is smaller, real images come more
    than once. Draws depend on (seed, epoch) alone: a resumed run equals an
    unbroken one.

    Within an epoch no image comes a second time before all others of its
    kind (and class, with ``balance``) came once.

    Args:
        dataset (Sized): The dataset, given by the loader.
        ratio (float | dict): Share of painted samples in an epoch, see
            :func:`~mmfermtl.datasets.generated.ratio_schedule.ratio_schedule`.
            Defaults to 0.5.
        length (float, optional): Samples of an epoch, as a multiple of the
            number of real images. With 1 a run makes as many steps as one
            without generated images, which then take the place of real ones.
            Defaults to None, ``1 / (1 - ratio)`` of the largest ratio.
        balance (bool): Whether the painted samples are drawn so that the
            classes of an epoch come out as equal as they can. Otherwise
            each painted image is as likely as another. Defaults to True.
        seed (int, optional): Given by the loader. Defaults to None, one that
            all ranks share.

    Raises:
        ValueError: If the dataset has not both kinds, or an option is out of
            range.

    Examples:
        >>> sampler = dict(
        ...     type='mmfermtl.GeneratedRatioSampler',
        ...     ratio=dict(steps=[(0, 0.5), (30, 0.)]))
    """

    def __init__(self,
                 dataset: Sized,
                 ratio: Ratio = 0.5,
                 length: Optional[float] = None,
                 balance: bool = True,
                 seed: Optional[int] = None) -> None:
        self.ratio = ratio_schedule(ratio)
        self.balance = balance
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.rank, self.world_size = get_dist_info()
        self._index(dataset)
        if length is None:
            length = _added_length(largest_ratio(ratio))
        if not length > 0:
            raise ValueError(f'length={length}; give a number above 0, a '
                             'multiple of the number of real images')
        whole = max(round(length * len(self.real)), 1)
        self.num_samples = math.ceil(whole / self.world_size)
        self.total_size = self.num_samples * self.world_size

    def _index(self, dataset: Any) -> None:
        """Find the positions of both kinds, and the labels."""
        self.real: List[int] = []
        self.painted: List[int] = []
        labels: List[int] = []
        for member in getattr(dataset, 'datasets', [dataset]):
            place = range(len(labels), len(labels) + len(member))
            generated = any(
                isinstance(one, GeneratedFaces)
                for one in walk_datasets(member))
            kind = self.painted if generated else self.real
            kind += place
            labels += [_label(member, i) for i in range(len(member))]
        if not self.real or not self.painted:
            found = 'no real' if not self.real else 'no painted'
            raise ValueError(
                f'GeneratedRatioSampler: the dataset has {found} images; '
                'give a ConcatDataset of a real dataset and of '
                'mmfermtl.GeneratedFaces, or another sampler')
        self.labels = np.array(labels)

    def __iter__(self) -> Iterator[int]:
        """Positions of one epoch for this rank."""
        # The third number parts this stream from those of single samples.
        rng = np.random.default_rng([self.seed, self.epoch, 0x53594e])
        painted = round(self.ratio(self.epoch) * self.total_size)
        drawn = _deal(rng, self.real, self.total_size - painted)
        drawn += self._draw_painted(rng, drawn, painted)
        order = rng.permutation(len(drawn))
        mine = [drawn[i] for i in order]
        return iter(mine[self.rank:self.total_size:self.world_size])

    def _draw_painted(self, rng: np.random.Generator, real: List[int],
                      number: int) -> List[int]:
        if not self.balance:
            return _deal(rng, self.painted, number)
        pools = {
            k: [i for i in self.painted if self.labels[i] == k]
            for k in sorted(set(self.labels[self.painted].tolist()))
        }
        shown = self.labels[real]
        counts = [int((shown == k).sum()) for k in pools]
        return [
            i for pool, wanted in zip(pools.values(), fill_up(counts, number))
            for i in _deal(rng, pool, wanted)
        ]

    def __len__(self) -> int:
        """Samples of an epoch on this rank."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Give an epoch its ratio and its draws.

        Args:
            epoch (int): 0-based.
        """
        self.epoch = epoch


def _added_length(ratio: float) -> float:
    """Length of an epoch to which generated images are added."""
    if ratio >= 1:
        raise ValueError(
            'ratio=1: generated images alone cannot be added to real ones; '
            'give a ratio below 1, or the length of an epoch as `length`')
    return 1 / (1 - ratio)


def _deal(rng: np.random.Generator, pool: List[int], number: int) -> List[int]:
    """Draw without replacement, again and again if there are too few."""
    drawn: List[int] = []
    while len(drawn) < number:
        drawn += [pool[i] for i in rng.permutation(len(pool))]
    return drawn[:number]


def _label(dataset: Any, index: int) -> int:
    """Label of a sample, without its image where the dataset can."""
    read = getattr(dataset, 'get_record', dataset.get_data_info)
    return int(read(index)['gt_label'])


register_old_name(DATA_SAMPLERS, 'SyntheticRatioSampler',
                  GeneratedRatioSampler)
