"""Draw random numbers that depend on (seed, epoch, index) alone.

MMEngine stores no state of the random generators, and workers repeat their
stream every epoch. Seeding each sample by itself makes a resumed run
bit-identical to an uninterrupted one, whatever the number of workers. The
global generators are used because transforms of other packages use them.
"""
import hashlib
import random
import struct
from contextlib import contextmanager
from typing import Any, Iterator, Tuple

import numpy as np
import torch

State = Tuple[Any, Any, Any]


def get_random_state() -> State:
    """Read the state of Python's, NumPy's and torch's CPU generator."""
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def set_random_state(state: State) -> None:
    """Set the three generators to a state read before."""
    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(state[2])


def keyed_words(*key: int, count: int = 3) -> Tuple[int, ...]:
    """Return numbers that depend on a key alone.

    A hash, as ``numpy.random.SeedSequence`` takes thirty times as long.

    Args:
        *key (int): Numbers, for example seed, epoch, index.
        count (int): How many, up to 16. Defaults to 3.

    Returns:
        tuple[int, ...]: Numbers of 32 bits; those of different keys are
        independent.
    """
    data = struct.pack(f'<{len(key)}q', *key)
    digest = hashlib.blake2b(data, digest_size=4 * count).digest()
    return struct.unpack(f'<{count}I', digest)


@contextmanager
def seeded_draws(*key: int) -> Iterator[None]:
    """Draw from generators seeded with a key, then restore their states.

    Args:
        *key (int): Numbers, for example seed, epoch, index. Different keys
            give independent streams.
    """
    before = get_random_state()
    seeds = keyed_words(*key)
    random.seed(seeds[0])
    np.random.seed(seeds[1])
    torch.default_generator.manual_seed(seeds[2])
    try:
        yield
    finally:
        set_random_state(before)
