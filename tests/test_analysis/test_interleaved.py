"""Measurements in turns."""
import pytest

from mmfermtl.analysis.speed import interleaved
from mmfermtl.analysis.speed.interleaved import compare


def test_variants_take_turns(monkeypatch):
    clock = [0.]
    monkeypatch.setattr(interleaved, 'timer', lambda: clock[0])
    calls = []

    def variant(name, seconds):

        def call(number):
            calls.append((name, number))
            clock[0] += seconds[number]

        return call

    slow, fast = compare(
        dict(
            slow=variant('slow', [9., 4., 6., 8.]),
            fast=variant('fast', [5., 2., 2., 2.])),
        rounds=3,
        warmup=1)
    assert [name for name, _ in calls] == [
        'slow', 'fast', 'fast', 'slow', 'slow', 'fast', 'fast', 'slow'
    ]
    assert slow.seconds == [4., 6., 8.] and slow.ratios == [1., 1., 1.]
    assert fast.ratios == [2., 3., 4.] and fast.first == 5.
    assert fast.summary(4) == dict(
        variant='fast',
        ms=2000.,
        images_s=2.,
        speed=3.,
        slowest=2.,
        fastest=4.,
        first_s=5.)
    assert slow.summary(1)['ms'] == pytest.approx(6000)


def test_another_clock():
    times = iter([1., 4., 5., 6.])
    found, = compare(
        dict(one=lambda number: None), 2, 0, clock=lambda: next(times))
    assert found.seconds == [3., 1.]
