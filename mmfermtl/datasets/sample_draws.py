from typing import Any, Callable, Optional, Tuple

import numpy as np
import torch

from ..utils.random_state import keyed_words, seeded_draws
from .repeated_samples import repetition_of
from .target_sampler import Target, TargetSampler

#: Separates the draws of targets from those of the augmentation.
TARGET_STREAM = 1
#: And those of mixtures, so that targets do not depend on them.
MIXTURE_STREAM = 2
#: Seed of a dataset that was given none; its draws are not reproducible.
NO_SEED = -1


class DrawState:
    """Seed and epoch in shared memory: running workers see a new epoch.

    A copy, such as that of a subset, has memory of its own.
    """

    def __init__(self, seed: int = NO_SEED, epoch: int = 0) -> None:
        self.numbers = torch.tensor([seed, epoch]).share_memory_()

    def __deepcopy__(self, memo: dict) -> 'DrawState':
        # PyTorch copies a tensor into memory that is not shared.
        return DrawState(*self.numbers.tolist())


class SampleDraws:
    """Let every draw of a dataset depend on (seed, epoch, index) alone.

    A sample that comes several times in an epoch, by
    :mod:`~mmfermtl.datasets.repeated_samples`, has other draws each time.

    The draws are then those of an uninterrupted run, with any number of
    workers. Samples of one index in two datasets share the draws of their
    pipelines, such as crop and flip.
    """

    test_mode: bool
    pipeline: Any
    paired_image: Callable[..., dict]

    def init_draws(self) -> None:
        """Start without a seed."""
        self.draw_state = DrawState()

    def set_draw_state(self, seed: int, epoch: int) -> None:
        """Fix the draws of an epoch, 0-based, in running workers too."""
        self.draw_state.numbers[0] = seed
        self.draw_state.numbers[1] = epoch

    def draw_target(self, idx: int) -> Target:
        """Draw the target of a sample, the same one throughout an epoch."""
        sampler: TargetSampler = self.target_sampler  # type: ignore
        key = self._draw_key(idx)
        if key is None:
            return sampler.draw(idx)
        # Other numbers than those of the augmentation, which is the same
        # without pairs.
        words = iter(keyed_words(*key, TARGET_STREAM))
        return sampler.draw(idx, lambda: next(words) / 2**32)

    def draw_mixture(self, idx: int, target: int) -> Optional[np.ndarray]:
        """Draw what the target of a sample is mixed with.

        Returns:
            np.ndarray, optional: A probability vector ``(E, )``, the same one
            throughout an epoch; None if the target is not mixed.
        """
        sampler: TargetSampler = self.target_sampler  # type: ignore
        if not sampler.mixed:
            return None
        key = self._draw_key(idx)
        if key is None:
            return sampler.draw_mixture(idx, target)
        words = iter(keyed_words(*key, MIXTURE_STREAM, count=4))
        return sampler.draw_mixture(idx, target, lambda: next(words) / 2**32)

    def add_target(self, sample: dict, idx: int) -> None:
        """Draw the target of a sample, and add it with its paired image."""
        target = self.draw_target(idx)
        sample['target_label'] = target.label
        score = self.draw_mixture(idx, target.label)
        if score is not None:
            sample['target_score'] = score
        image = self.paired_image(idx, target, score)
        for key in ('img_path', 'img', 'video'):
            if key in image:
                sample[f'target_{key}'] = image[key]

    def run_pipeline(self, sample: dict, idx: int) -> Any:
        """Run the pipeline on a sample, with the draws of its index."""
        key = self._draw_key(idx)
        if key is None:
            return self.pipeline(sample)
        # Saving and restoring the states takes as long as the transforms.
        if not any(
                getattr(transform, 'global_draws', True)
                for transform in self.pipeline.transforms):
            sample['draw_seed'], = keyed_words(*key, count=1)
            return self.pipeline(sample)
        with seeded_draws(*key):
            return self.pipeline(sample)

    def _draw_key(self, idx: int) -> Optional[Tuple[int, ...]]:
        """Return the numbers that draws depend on, None if unset."""
        seed, epoch = self.draw_state.numbers.tolist()
        if self.test_mode:
            return 0, 0, idx
        if seed == NO_SEED:
            return None
        repetition = repetition_of(idx)
        # A stream of its own, apart from those above.
        again = (-1, repetition) if repetition else ()
        return (seed, epoch, idx, *again)
