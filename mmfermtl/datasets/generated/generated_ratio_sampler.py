import math
from typing import Any, Iterator, List, Optional, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from ...registry import DATA_SAMPLERS
from ...utils.deprecation import register_old_name
from ...utils.wrapped_datasets import locate_sample, walk_datasets
from ..repeated_samples import RepeatedIndex, count_repetitions
from .class_balance import fill_up
from .generated_faces import GeneratedFaces
from .ratio_schedule import Ratio, largest_ratio, ratio_schedule


@DATA_SAMPLERS.register_module()
class GeneratedRatioSampler(Sampler):
    """Mix real and generated images in a given ratio.

    The dataset is a ``ConcatDataset`` of real ones and of
    :class:`~mmfermtl.datasets.GeneratedFaces`. The generated images are
    added: an epoch has every real image at least once, and so many generated
    ones that their share is the ratio. All epochs have the same number of
    samples, that of the largest ratio, so that schedules of the learning rate
    keep their meaning; where the ratio is smaller, real images come more
    than once. Draws depend on (seed, epoch) alone: a resumed run equals an
    uninterrupted one.

    Within an epoch no image comes a second time before all others of its
    kind (and class, with ``balance``) came once, and then it has other draws.

    Args:
        dataset (Sized): The dataset, given by the loader.
        ratio (float | dict, optional): Share of generated samples in an
            epoch, see
            :func:`~mmfermtl.datasets.generated.ratio_schedule.ratio_schedule`;
            or None: as many as fill up the classes of the generated images to
            the mean number of real images of the classes that have any.
            There may be no generated images then. Defaults to 0.5.
        length (float, optional): Samples of an epoch, as a multiple of the
            number of real images. With 1 a run makes as many steps as one
            without generated images, which then take the place of real ones.
            Defaults to None, ``1 / (1 - ratio)`` of the largest ratio.
        balance (bool): Whether the generated samples are drawn so that the
            classes of an epoch are as equal as possible. Otherwise each
            generated image is as likely as another. Defaults to True.
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
                 ratio: Optional[Ratio] = 0.5,
                 length: Optional[float] = None,
                 balance: bool = True,
                 seed: Optional[int] = None) -> None:
        self.balance = balance
        self.seed = sync_random_seed() if seed is None else seed
        self.epoch = 0
        self.rank, self.world_size = get_dist_info()
        self._index(dataset, may_be_real=ratio is None)
        if ratio is None:
            added = self._lacking()
            ratio = added / (len(self.real) + added)
        self.ratio = ratio_schedule(ratio)
        if length is None:
            largest = largest_ratio(ratio)
            if largest == 1:
                raise ValueError('ratio=1: generated images alone cannot be '
                                 'added to real ones; give a ratio below 1, '
                                 'or the length of an epoch as `length`')
            length = 1 / (1 - largest)  # has every real image once
        if not length > 0:
            raise ValueError(f'length={length}; give a number above 0, a '
                             'multiple of the number of real images')
        whole = max(round(length * len(self.real)), 1)
        self.num_samples = math.ceil(whole / self.world_size)
        self.total_size = self.num_samples * self.world_size

    def _index(self, dataset: Any, may_be_real: bool) -> None:
        """Find the positions of both kinds, and the labels ``(N, )``."""
        self.real: List[int] = []
        self.generated: List[int] = []
        labels: List[int] = []
        for position in range(len(dataset)):
            # Joined sets may be inside of others.
            member, index = locate_sample(dataset, position)
            generated = any(
                isinstance(one, GeneratedFaces)
                for one in walk_datasets(member))
            (self.generated if generated else self.real).append(position)
            # Without reading the image where that is possible.
            read = getattr(member, 'get_record', member.get_data_info)
            labels.append(int(read(index)['gt_label']))
        if not self.real or not (self.generated or may_be_real):
            found = 'no real' if not self.real else 'no generated'
            raise ValueError(
                f'GeneratedRatioSampler: the dataset has {found} images; '
                'give a ConcatDataset of a real dataset and of '
                'mmfermtl.GeneratedFaces, or another sampler')
        self.labels = np.array(labels)

    def _lacking(self) -> int:
        """Count what the classes lack to the mean of those with images."""
        labels = self.labels[self.real]
        classes, counts = np.unique(labels[labels >= 0], return_counts=True)
        real = dict(zip(classes.tolist(), counts.tolist()))
        level = round(counts.mean()) if len(counts) else 0
        wanted = set(self.labels[self.generated].tolist())
        return sum(max(0, level - real.get(k, 0)) for k in wanted)

    def __iter__(self) -> Iterator[int]:
        """Yield the positions of one epoch for this rank."""
        # The third number separates this stream from those of single samples.
        rng = np.random.default_rng([self.seed, self.epoch, 0x53594e])
        number = round(self.ratio(self.epoch) * self.total_size)
        chosen = _draw_rounds(rng, self.real, self.total_size - number)
        chosen += self._draw_generated(rng, chosen, number)
        order = rng.permutation(len(chosen))
        # Every rank makes the same draws and takes its share of them.
        again = [*count_repetitions(chosen)]
        return iter([
            RepeatedIndex(chosen[i], again[i])
            for i in order[self.rank:self.total_size:self.world_size]
        ])

    def _draw_generated(self, rng: np.random.Generator, real: List[int],
                        number: int) -> List[int]:
        """Draw generated images, to balance the classes of the real ones."""
        if not self.balance:
            return _draw_rounds(rng, self.generated, number)
        pools = {
            k: [i for i in self.generated if self.labels[i] == k]
            for k in sorted(set(self.labels[self.generated].tolist()))
        }
        counts = [int((self.labels[real] == k).sum()) for k in pools]
        return [
            i for pool, wanted in zip(pools.values(), fill_up(counts, number))
            for i in _draw_rounds(rng, pool, wanted)
        ]

    def __len__(self) -> int:
        """Return the number of samples of an epoch on this rank."""
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch, 0-based, which fixes the ratio and the draws."""
        self.epoch = epoch


def _draw_rounds(rng: np.random.Generator, pool: List[int],
                 number: int) -> List[int]:
    """Draw without replacement, in several rounds if the pool is smaller."""
    drawn: List[int] = []
    while len(drawn) < number:
        drawn += [pool[i] for i in rng.permutation(len(pool))]
    return drawn[:number]


register_old_name(DATA_SAMPLERS, 'SyntheticRatioSampler',
                  GeneratedRatioSampler)
