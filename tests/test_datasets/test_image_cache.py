"""The memory of decoded images that workers share."""
import multiprocessing
import types

import numpy as np
import pytest

from mmfermtl.datasets import image_cache
from mmfermtl.datasets.image_cache import ImageCache, shared_cache

forks = 'fork' in multiprocessing.get_all_start_methods()


def image(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_images_come_back_as_copies():
    cache = ImageCache(2**16)
    grey, colour = image(5, 7), image(4, 3, 3)
    assert cache.get(('a', )) is None
    assert cache.put(('a', ), grey) and cache.put(('a', 1), colour)
    assert cache.put(('a', ), colour)  # is there already
    cache.get(('a', ))[:] = 0
    np.testing.assert_array_equal(cache.get(('a', )), grey)
    np.testing.assert_array_equal(cache.get(('a', 1)), colour)
    assert cache.used == grey.nbytes + colour.nbytes


def test_the_limit_is_kept():
    cache = ImageCache(100)
    assert cache.put((1, ), image(60, 1)) is True
    assert cache.put((2, ), image(60, 1)) is False
    assert cache.put((3, ), image(40, 1)) is True
    assert cache.used == 100 and cache.get((2, )) is None


def test_many_images_more_than_entries():
    cache = ImageCache(2**15)
    kept = [k for k in range(500) if cache.put((k, ), image(1, 1, seed=k))]
    assert 40 < len(kept) <= 64
    for k in kept:
        np.testing.assert_array_equal(cache.get((k, )), image(1, 1, seed=k))


def fill(cache, start, ready):
    ready.wait()
    for k in range(start, 200, 2):
        while not cache.put((k, ), image(3, 4, seed=k)):
            pass


@pytest.mark.skipif(not forks, reason='processes are not forked here')
def test_forked_processes_write_and_read_the_same_memory():
    context = multiprocessing.get_context('fork')
    cache, ready = ImageCache(2**18), context.Event()
    children = [
        context.Process(target=fill, args=(cache, start, ready))
        for start in (0, 1)
    ]
    for child in children:
        child.start()
    ready.set()
    for child in children:
        child.join()
    for k in range(200):
        np.testing.assert_array_equal(cache.get((k, )), image(3, 4, seed=k))
    assert cache.used == 200 * 12


def test_a_killed_writer_stops_nobody():
    cache = ImageCache(100)
    cache.put((1, ), image(2, 2))
    cache._lock.acquire()
    assert cache.put((2, ), image(2, 2)) is False
    assert cache.get((1, )) is not None


def test_processes_of_a_machine_share_the_limit(monkeypatch):
    monkeypatch.setattr(image_cache, '_caches', {})
    assert shared_cache(1).size == 2**20
    assert shared_cache(1) is shared_cache(1)
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '2')
    assert shared_cache(2).size == 2**20
    # Workers that are not forked have a process of their own each.
    monkeypatch.setattr(image_cache, 'get_worker_info',
                        lambda: types.SimpleNamespace(num_workers=4))
    assert shared_cache(4).size == 2**19
