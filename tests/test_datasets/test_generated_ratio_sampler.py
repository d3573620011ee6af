"""Ratios by epoch, balance, and draws that resume."""
import pickle

import numpy as np
import pytest
from generated_sets import write_generated_set
from mmengine.dataset import ConcatDataset

from mmfermtl.datasets import CKPlus48, GeneratedFaces, GeneratedRatioSampler
from mmfermtl.datasets.generated.ratio_schedule import ratio_schedule
from mmfermtl.datasets.repeated_samples import (RepeatedIndex,
                                                count_repetitions,
                                                repetition_of)
from mmfermtl.registry import DATA_SAMPLERS, DATASETS


@pytest.fixture(scope='module')
def both(few_ckplus48, tmp_path_factory):
    """Real and generated images; the real ones are not balanced."""
    root = write_generated_set(
        str(tmp_path_factory.mktemp('generated')), few_ckplus48, per_class=12)
    return ConcatDataset(
        [CKPlus48(few_ckplus48, fold=0),
         GeneratedFaces(root, fold=0)])


def epoch(sampler, number):
    sampler.set_epoch(number)
    return list(sampler)


def kinds(both, positions):
    real = sum(i < len(both.datasets[0]) for i in positions)
    return real, len(positions) - real


@pytest.mark.parametrize('ratio, expected', [
    (0.25, [0.25, 0.25, 0.25]),
    (dict(linear=(0., 1.), epochs=(1, 3)), [0., 0., 0.5, 1., 1.]),
    (dict(steps=[(0, 0.5), (2, 0.)]), [0.5, 0.5, 0., 0.]),
])
def test_ratio(both, ratio, expected):
    sampler = DATA_SAMPLERS.build(
        dict(type='mmfermtl.GeneratedRatioSampler', ratio=ratio, length=1.),
        default_args=dict(dataset=both, seed=3))
    total = len(both.datasets[0])
    for number, share in enumerate(expected):
        positions = epoch(sampler, number)
        assert len(positions) == len(sampler) == total
        assert kinds(both, positions)[1] == round(share * total)


def joined(*datasets):
    return dict(type='mmengine.ConcatDataset', datasets=[*datasets])


@pytest.mark.parametrize('wrap', [
    lambda real, faces: joined(joined(real, faces), real),
    lambda real, faces: dict(
        type='mmfermtl.RepeatDataset', times=2, dataset=joined(real, faces)),
    lambda real, faces: joined(
        dict(
            type='mmfermtl.ClassBalancedDataset',
            oversample_thr=.5,
            dataset=real), faces, real),
])
def test_kinds_of_wrapped_sets(both, wrap):
    """Each image counts by itself, wherever the sets are joined."""
    wrapped = DATASETS.build(
        wrap(*(dict(
            type=f'mmfermtl.{type(one).__name__}',
            data_root=one.data_root,
            fold=0) for one in both.datasets)))
    sampler = GeneratedRatioSampler(wrapped, seed=0)
    generated = [
        i for i in range(len(wrapped))
        if 'generated' in wrapped.get_data_info(i)
    ]
    assert generated and sampler.generated == generated
    assert sorted(sampler.real + generated) == list(range(len(wrapped)))
    assert sampler.labels.tolist() == [
        wrapped.get_data_info(i)['gt_label'] for i in range(len(wrapped))
    ]


@pytest.mark.parametrize('ratio, expected', [
    (0.5, [0.5, 0.5]),
    (dict(linear=(0.2, 0.6), epochs=(0, 2)), [0.2, 0.4, 0.6]),
    (dict(steps=[(0, 0.5), (1, 0.75), (2, 0.)]), [0.5, 0.75, 0.]),
])
def test_generated_images_are_added(both, ratio, expected):
    """No real image is left out, and every epoch has the same length."""
    real = len(both.datasets[0])
    sampler = GeneratedRatioSampler(both, ratio=ratio, seed=3)
    assert len(sampler) == round(real / (1 - max(expected)))
    for number, share in enumerate(expected):
        positions = epoch(sampler, number)
        assert len(positions) == len(sampler)
        assert set(range(real)) <= set(positions)
        added = kinds(both, positions)[1]
        assert added == pytest.approx(share * len(sampler), abs=1)
    with pytest.raises(ValueError, match='ratio=1: .*`length`'):
        GeneratedRatioSampler(both, ratio=1., seed=0)


def test_draws_depend_on_seed_and_epoch(both):
    one, two = (GeneratedRatioSampler(both, seed=7) for _ in range(2))
    first = [epoch(one, k) for k in range(3)]
    # A resumed run makes a new sampler and begins later.
    assert epoch(two, 2) == first[2]
    assert first[0] != first[1]
    assert epoch(GeneratedRatioSampler(both, seed=8), 0) != first[0]


def test_no_image_twice_before_all_once(both):
    sampler = GeneratedRatioSampler(
        both, ratio=0.3, length=1., balance=False, seed=0)
    positions = epoch(sampler, 0)
    assert len(set(positions)) == len(positions)
    sampler = GeneratedRatioSampler(both, ratio=0., length=2.5, seed=0)
    counts = np.bincount(epoch(sampler, 0))
    assert set(counts.tolist()) == {2, 3}


def test_balance(both):
    """Generated images go to the classes that have few real ones."""
    spread = {}
    for balance in (True, False):
        sampler = GeneratedRatioSampler(
            both, ratio=0.8, balance=balance, seed=0)
        labels = [both.get_data_info(i)['gt_label'] for i in epoch(sampler, 0)]
        counts = np.bincount(labels, minlength=7)
        spread[balance] = counts.max() - counts.min()
    assert spread[True] <= 1 < spread[False]


@pytest.mark.parametrize('lacks', [('disgust', ), ('anger', 'sadness')])
def test_missing_classes_are_filled_up(both, few_ckplus48, lacks):
    real = CKPlus48(few_ckplus48, fold=0, train_without=lacks)
    counts = np.bincount(real.get_gt_labels(), minlength=7)
    level = round(counts[counts > 0].mean())
    generated = GeneratedFaces(
        both.datasets[1].data_root,
        fold=0,
        train_without=[name for name in real.CLASSES if name not in lacks])
    mixed = ConcatDataset([real, generated])
    sampler = GeneratedRatioSampler(mixed, ratio=None, seed=0)
    assert len(sampler) == len(real) + level * len(lacks)
    for number in range(2):
        positions = epoch(sampler, number)
        # Every real image comes once.
        assert sorted(positions)[:len(real)] == list(range(len(real)))
        drawn = np.bincount(sampler.labels[positions], minlength=7)
        for label, name in enumerate(real.CLASSES):
            wanted = level if name in lacks else counts[label]
            assert drawn[label] == wanted


def test_rare_classes_are_filled_up(both):
    sampler = GeneratedRatioSampler(both, ratio=None, seed=0)
    counts = np.bincount(both.datasets[0].get_gt_labels(), minlength=7)
    drawn = np.bincount(sampler.labels[epoch(sampler, 0)], minlength=7)
    level = round(counts.mean())
    assert drawn.tolist() == np.maximum(counts, level).tolist()
    assert counts.min() < level < counts.max()
    # Images without a label are of no class.
    before = sampler._lacking()
    first = both.datasets[0].get_gt_labels().tolist().index(counts.argmax())
    sampler.labels = np.insert(sampler.labels, first, -1)
    sampler.real = [*range(len(both.datasets[0]) + 1)]
    sampler.generated = [i + 1 for i in sampler.generated]
    assert sampler._lacking() == before == sum(np.maximum(level - counts, 0))


def test_ranks_share_an_epoch(both, monkeypatch):
    import mmfermtl.datasets.generated.generated_ratio_sampler as module
    whole = epoch(GeneratedRatioSampler(both, seed=1), 4)
    parts = []
    for rank in range(2):
        monkeypatch.setattr(module, 'get_dist_info', lambda r=rank: (r, 2))
        sampler = GeneratedRatioSampler(both, seed=1)
        parts.append(epoch(sampler, 4))
        assert len(parts[rank]) == len(sampler)
    joined = [i for pair in zip(*parts) for i in pair]
    assert len(joined) - len(whole) in (0, 1)
    if len(joined) == len(whole):
        assert joined == whole


def test_wrapped_members(both):
    real, generated = both.datasets
    wrapped = ConcatDataset(
        [real, dict(type='RepeatDataset', dataset=generated, times=2)])
    sampler = GeneratedRatioSampler(wrapped, seed=0)
    assert len(sampler.generated) == 2 * len(generated)
    assert sampler.labels[-1] == generated.get_gt_labels()[-1]


@pytest.mark.parametrize('which, words', [(0, 'no generated'), (1, 'no real')])
def test_both_kinds_are_needed(both, which, words):
    with pytest.raises(ValueError, match=words):
        GeneratedRatioSampler(both.datasets[which], seed=0)
    if which:
        with pytest.raises(ValueError, match=words):
            GeneratedRatioSampler(both.datasets[which], ratio=None, seed=0)


def test_length_out_of_range(both):
    with pytest.raises(ValueError, match='length=0'):
        GeneratedRatioSampler(both, length=0, seed=0)


@pytest.mark.parametrize('ratio', [
    1.5, -0.1, 'half',
    dict(linear=(0, 1)),
    dict(linear=(0, 2), epochs=(0, 5)),
    dict(linear=(0, 1), epochs=(5, 5)),
    dict(steps=[]),
    dict(steps=[(1, 0.5)]),
    dict(steps=[(0, 0.5), (0, 0.2)]),
    dict(cosine=1)
])
def test_malformed_schedules(ratio):
    with pytest.raises(ValueError, match='is no schedule'):
        ratio_schedule(ratio)


def test_images_that_come_again_say_so():
    """Also in a worker, and inside of joined datasets."""
    index = pickle.loads(pickle.dumps(RepeatedIndex(7, 2)))
    assert index == 7 and repetition_of(index) == 2
    assert repetition_of(index - 3) == 2 and repetition_of(7) == 0
    assert [*count_repetitions([4, 5, 4, 4])] == [0, 0, 1, 2]


def test_repeated_images_have_other_draws(both):
    sampler = GeneratedRatioSampler(both, ratio=0.5, length=6, seed=0)
    indices = list(sampler)
    assert sorted(map(repetition_of,
                      indices)) == sorted(count_repetitions(indices))
    keys = set()
    for index in indices:
        member, inner = both._get_ori_dataset_idx(index)
        dataset = both.datasets[member]
        dataset.set_draw_state(3, 0)
        keys.add((member, dataset._draw_key(inner)))
    assert len(keys) == len(indices) > len(set(indices))
