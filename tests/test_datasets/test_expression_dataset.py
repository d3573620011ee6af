"""Pairs, draws and subsets, on rendered faces."""
from collections import Counter
from copy import deepcopy

import numpy as np
import pytest
import torch

from mmfermtl.datasets import SyntheticFaces
from mmfermtl.datasets.target_sampler import TargetSampler
from mmfermtl.utils.random_state import (get_random_state, seeded_draws,
                                         set_random_state)


class Noise:
    """Draws from all three generators that transforms use."""

    def __call__(self, results):
        import random
        results['noise'] = (random.random(), np.random.rand(),
                            float(torch.rand(1)))
        return results


def faces(**kwargs):
    options = dict(
        num_subjects=6, num_folds=3, fold=0, image_size=32, pairs=True)
    return SyntheticFaces(**{**options, **kwargs})


def draws(dataset, seed, epoch):
    dataset.set_draw_state(seed, epoch)
    return [(item['noise'], item['target_label'], item['target_img'].sum())
            for item in (dataset[i] for i in range(len(dataset)))]


def test_draws_depend_on_seed_epoch_and_index_only():
    dataset = faces(pipeline=[Noise()])
    first = draws(dataset, 1, 0)
    np.random.seed(99)
    assert draws(dataset, 1, 0) == first
    assert draws(dataset, 1, 0)[5] == first[5] != first[6]
    assert draws(dataset, 1, 1) != first != draws(dataset, 2, 0)


def test_augmentation_does_not_depend_on_targets():
    """A single-task run sees the same flips as a multi-task one."""
    noises = []
    for pairs in (False, True, dict(identity=0.5, unpaired=0.3)):
        dataset = faces(pipeline=[Noise()], pairs=pairs)
        dataset.set_draw_state(3, 2)
        noises.append([dataset[i]['noise'] for i in range(len(dataset))])
    assert noises[0] == noises[1] == noises[2]


@pytest.mark.parametrize('copy', [
    lambda dataset: dataset, deepcopy,
    lambda dataset: dataset.get_subset(list(range(0, len(dataset), 2)))
])
def test_workers_see_the_epoch(copy):
    """Epochs differ, and equal those without workers, in running workers."""
    original = faces(pipeline=[Noise()])
    original.set_draw_state(3, 9)
    dataset = copy(original)
    assert dataset.draw_state.numbers.tolist() == [3, 9]
    loader = torch.utils.data.DataLoader(
        dataset,
        num_workers=2,
        persistent_workers=True,
        collate_fn=lambda x: x[0]['noise'])
    for epoch in (0, 1):
        want = [noise for noise, _, _ in draws(dataset, 7, epoch)]
        assert list(loader) == want
    if dataset is not original:
        assert original.draw_state.numbers.tolist() == [3, 9]


def test_without_a_seed_the_draws_go_on():
    dataset = faces(pipeline=[Noise()])
    assert dataset[0]['noise'] != dataset[0]['noise']


def test_test_split_is_always_the_same():
    dataset = faces(pipeline=[Noise()], split='test')
    assert draws(dataset, 1, 0) == draws(dataset, 2, 5)


def test_inner_splits_behave_as_train_and_test():
    inner_val = faces(pipeline=[Noise()], split='inner_val')
    assert draws(inner_val, 1, 0) == draws(inner_val, 2, 5)
    inner_train = faces(pipeline=[Noise()], split='inner_train')
    assert draws(inner_train, 1, 0) != draws(inner_train, 1, 1)
    assert set(inner_val.get_subjects()) == {'F001', 'F004'}
    assert set(inner_train.get_subjects()) == {'F002', 'F005'}
    assert inner_val.fold_sizes == faces().fold_sizes


class Sourced(SyntheticFaces):
    """Faces without labels if they are neutral or of F005."""

    def load_samples(self):
        return [
            dict(sample, expression=None) if sample['role'] == 'neutral'
            or sample['subject'] == 'F005' else sample
            for sample in super().load_samples()
        ]


@pytest.mark.parametrize('split, sources', [('train', True),
                                            ('inner_train', True),
                                            ('test', False),
                                            ('inner_val', False)])
def test_sources_without_a_label_are_trained_on_only(split, sources):
    dataset = Sourced(
        num_subjects=6, num_folds=3, fold=0, image_size=32, split=split)
    assert (-1 in dataset.get_gt_labels()) is sources
    assert ('F005' in dataset.get_subjects()) is sources


class Faulty(SyntheticFaces):
    """Single images of which seven have a fault."""

    def load_samples(self):
        self.problems.extend(f'{i}.png: is empty' for i in range(7))
        return super().load_samples()


def test_faults_of_single_images_are_reported(capsys):
    Faulty(num_subjects=6, num_folds=3, fold=0, image_size=32)
    text = capsys.readouterr().out
    assert 'Faulty : 7 problem(s)' in text and '4.png: is empty' in text
    assert '5.png' not in text and 'and 2 more, see `problems`' in text


def test_faults_of_single_images_may_be_refused():
    with pytest.raises(ValueError, match='7 problem(.|\n)*0.png: is empty'):
        type('Strict', (Faulty, ), dict(strict=True))()


def test_draws_do_not_change_the_generators():
    np.random.seed(5)
    torch.manual_seed(5)
    state = get_random_state()
    with seeded_draws(1, 2, 3):
        inside = np.random.rand(), float(torch.rand(1))
    after = np.random.rand(), float(torch.rand(1))
    set_random_state(state)
    assert after == (np.random.rand(), float(torch.rand(1))) != inside


def test_pairs_show_the_same_subject_with_the_target():
    dataset = faces()
    images = {}
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        key = (info['subject'], info['gt_label'])
        images.setdefault(key, []).append(info['img'])
    for i in range(len(dataset)):
        item = dataset[i]
        assert item['target_label'] != item['gt_label']
        options = images[item['subject'], item['target_label']]
        assert any(np.array_equal(item['target_img'], o) for o in options)


def test_subset_pairs_stay_inside():
    dataset = faces()
    dataset[0]
    few = dataset.get_subset([0, 1, 2])
    assert [few[i].get('target_img') is None for i in range(3)] == [True] * 3
    dataset.get_subset_(list(range(20, 0, -1)))
    info = [dataset.get_data_info(i) for i in range(20)]
    for i in range(20):
        item = dataset[i]
        if 'target_img' in item:
            assert any(o['subject'] == item['subject']
                       and o['gt_label'] == item['target_label']
                       and np.array_equal(o['img'], item['target_img'])
                       for o in info)


@pytest.mark.parametrize('options, message', [
    (dict(num_subjects=1, fold_rule='loso'), "split='train' of fold 0 has no"),
    (dict(num_folds=5.), 'num_folds=5.0; give a whole number'),
    (dict(train_subjects=2.5), 'train_subjects=2.5; give a whole number'),
    (dict(train_subjects=True), 'train_subjects=True; give a whole number'),
    (dict(indices=0), 'indices=0 keeps no image'),
    (dict(indices=[]), r'indices=\[\] keeps no image'),
])
def test_splits_without_an_image(options, message):
    with pytest.raises(ValueError, match=message):
        faces(**options)


def test_targets_of_a_single_class():
    with pytest.raises(ValueError, match='num_classes=1: .*leave `pairs` out'):
        faces(classes=['anger'])[0]
    item = faces(classes=['anger'], pairs=dict(identity=1.))[0]
    assert item['target_label'] == 0


def make_sampler(**kwargs):
    """Subject a has many images of class 0, few of 1 and 2; b has one."""
    labels = [0] * 20 + [1] * 2 + [2] + [3]
    subjects = ['a'] * 23 + ['b']
    return TargetSampler(labels, subjects, 4, **kwargs)


def frequency(sampler, index, n=3000):
    np.random.seed(0)
    targets = [sampler.draw(index) for _ in range(n)]
    counts = Counter(t.label for t in targets)
    return {k: counts[k] / n for k in range(4)}, targets


def test_balanced_targets():
    share, _ = frequency(make_sampler(), 22)
    assert share[0] == pytest.approx(0.5, abs=0.04)
    share, _ = frequency(make_sampler(balanced=False), 22)
    assert share[0] == pytest.approx(20 / 22, abs=0.03)


def test_identity_and_unpaired_targets():
    share, targets = frequency(make_sampler(identity=0.3, unpaired=0.4), 22)
    assert share[2] == pytest.approx(0.3, abs=0.03)
    assert share[3] == pytest.approx(0.4 / 3, abs=0.03)
    assert all(t.index is None for t in targets if t.label == 3)
    assert all(t.index == 22 for t in targets if t.label == 2)


def test_subject_with_one_expression_gets_a_target_without_image():
    """The fallback that never fires in the release."""
    share, targets = frequency(make_sampler(), 23)
    assert share[3] == 0 and all(t.index is None for t in targets)
    assert min(share[k] for k in (0, 1, 2)) > 0.3


def test_mixtures_of_two_expressions():
    sampler = make_sampler(mixed=0.4)
    np.random.seed(0)
    scores = [sampler.draw_mixture(22, 0) for _ in range(3000)]
    mixed = np.stack([score for score in scores if score is not None])
    assert len(mixed) / 3000 == pytest.approx(0.4, abs=0.03)
    np.testing.assert_allclose(mixed.sum(1), 1, rtol=1e-6)
    assert mixed.dtype == np.float32 and mixed.min() >= 0
    # The share of the target is uniform.
    assert mixed[:, 0].mean() == pytest.approx(0.5, abs=0.03)
    assert mixed[:, 0].std() == pytest.approx(12**-0.5, abs=0.02)
    # The source's expression in one half and a third of the other.
    with_source = (mixed[:, 2] > 0).mean()
    assert with_source == pytest.approx(2 / 3, abs=0.05)
    assert ((mixed > 0).sum(1) <= 2).all()
    assert sampler.draw_mixture(22, 2) is None  # an identity target
    unknown = TargetSampler([-1, 0], ['a', 'a'], 3, mixed=1.)
    others = np.stack([unknown.draw_mixture(0, 0) for _ in range(50)])
    assert (others[:, 1:].sum(0) > 0).all()


def test_mixtures_depend_on_seed_epoch_and_index():
    pairs = dict(identity=0.2, mixed=0.5)
    dataset = faces(pairs=pairs)
    plain = faces(pairs=dict(identity=0.2))

    def items(data, seed, epoch):
        data.set_draw_state(seed, epoch)
        return [data[i] for i in range(len(data))]

    def scores(found):
        return [tuple(item.get('target_score', ())) for item in found]

    first = items(dataset, 3, 0)
    again = items(faces(pairs=pairs), 3, 0)
    assert scores(first) == scores(again)
    assert scores(first) != scores(items(dataset, 3, 1))
    assert scores(first) != scores(items(dataset, 4, 0))
    # Which images and targets are drawn does not depend on mixtures.
    for item, other in zip(first, items(plain, 3, 0)):
        assert item['target_label'] == other['target_label']
        mixed = 'target_score' in item
        assert mixed != ('target_img' in item)
        if mixed:
            assert item['target_score'][item['target_label']] > 0
            assert item['target_label'] != item['gt_label']


def test_wrong_probabilities():
    with pytest.raises(ValueError, match='mixed=1.5'):
        make_sampler(mixed=1.5)
    with pytest.raises(ValueError, match='identity=0.7 and unpaired=0.5'):
        make_sampler(identity=0.7, unpaired=0.5)


def test_sources_without_a_label_are_no_targets():
    labels, subjects = [0, 0, 1, -1, -1, 2, -1], list('aaaaabc')
    for options in (dict(), dict(balanced=False),
                    dict(identity=0.5, unpaired=0.5)):
        sampler = TargetSampler(labels, subjects, 3, **options)
        np.random.seed(0)
        for index in range(7):
            for target in (sampler.draw(index) for _ in range(50)):
                assert 0 <= target.label < 3
                if target.index is not None:
                    assert labels[target.index] == target.label
                    assert subjects[target.index] == subjects[index]


def test_sources_without_a_label_get_targets_of_their_subject():
    """In the place of an identity target they get another one; and they do
    not count in the balance of the classes."""
    sampler = TargetSampler([0, 0, 1, -1, -1, -1],
                            list('aaaaab'),
                            3,
                            identity=1.)
    np.random.seed(0)
    targets = [sampler.draw(3) for _ in range(300)]
    assert {t.index for t in targets} == {0, 1, 2}
    share = sum(t.label == 0 for t in targets) / 300
    assert share == pytest.approx(0.5, abs=0.1)
    assert sampler.draw(0) == (0, 0)
    # The only image of its subject gets any target.
    single = [sampler.draw(5) for _ in range(50)]
    assert {t.label for t in single} == {0, 1, 2}
    assert all(t.index is None for t in single)


def test_labelled_sources_draw_as_before_among_unlabelled_ones():
    """Further sources change no draw."""
    plain = make_sampler(identity=0.2, unpaired=0.2)
    more = TargetSampler(
        plain.labels + [-1] * 9,
        plain.subjects + ['a'] * 9,
        4,
        identity=0.2,
        unpaired=0.2)
    for sampler in (plain, more):
        np.random.seed(3)
        sampler.found = [sampler.draw(i % 24) for i in range(200)]
    assert plain.found == more.found


@pytest.mark.parametrize('named', ['Fear', ['fear', 'sadness']])
def test_training_without_an_expression(named):
    options = dict(pairs=False, pipeline=[])
    whole = Counter(faces(**options).get_gt_labels().tolist())
    dataset = faces(train_without=named, **options)
    dropped = {
        dataset.CLASSES.index(name)
        for name in (named if isinstance(named, list) else ['fear'])
    }
    assert Counter(dataset.get_gt_labels().tolist()) == {
        k: n
        for k, n in whole.items() if k not in dropped
    }
    assert dataset.left_out['images of fear, in `train_without`'] == whole[
        dataset.CLASSES.index('fear')]
    # It is asked for, so it is no fault of the data.
    assert not dataset.problems
    test = faces(split='test', train_without=named, **options)
    assert dropped <= set(test.get_gt_labels().tolist())
    assert not any('train_without' in what for what in test.left_out)


def test_training_without_what_is_no_class():
    with pytest.raises(ValueError, match='neutral is not among the `classes`'):
        faces(train_without='neutral')


def test_training_without_anything():
    every = faces(pairs=False, pipeline=[]).CLASSES
    with pytest.raises(ValueError, match='train_without=.* leaves none of'):
        faces(train_without=every, pairs=False, pipeline=[])
