"""Walks over configs and over wrapped datasets."""
from types import SimpleNamespace

from mmengine.config import Config
from mmengine.dataset import ConcatDataset, RepeatDataset
from torch.utils.data import Subset

from mmfermtl.datasets import SyntheticFaces
from mmfermtl.utils.config.config_tree import (config_leaves, dotted,
                                               walk_config)
from mmfermtl.utils.wrapped_datasets import (leaf_datasets, locate_sample,
                                             walk_datasets, walk_samples)


def test_every_value_with_its_path():
    cfg = Config(dict(a=dict(b=[1, dict(c=2)], d=()), e=None))
    found = {dotted(path): value for path, value in walk_config(cfg)}
    assert list(found) == [
        '', 'a', 'a.b', 'a.b.0', 'a.b.1', 'a.b.1.c', 'a.d', 'e'
    ]
    assert found['a.b.1'] is cfg.a.b[1]
    assert config_leaves(cfg) == {
        'a.b.0': 1,
        'a.b.1.c': 2,
        'a.d': (),
        'e': None
    }


def test_configs_and_objects_are_walked_alike():
    config = dict(
        type='Repeat',
        dataset=dict(type='Join', datasets=[dict(type='A'),
                                            dict(type='B')]))
    built = SimpleNamespace(
        type='Repeat',
        dataset=SimpleNamespace(
            type='Join',
            datasets=[SimpleNamespace(type='A'),
                      SimpleNamespace(type='B')]))
    kinds = [one['type'] for one in walk_datasets(config)]
    assert kinds == [one.type for one in walk_datasets(built)]
    assert kinds == ['Repeat', 'Join', 'A', 'B']
    assert [one['type'] for one in leaf_datasets(config)] == ['A', 'B']
    assert list(leaf_datasets(None)) == []
    # An option of this name is no dataset.
    assert len(list(walk_datasets(dict(type='A', dataset='CK+')))) == 1


def test_samples_of_joined_and_reduced_datasets():
    parts = [
        SyntheticFaces(num_subjects=n, num_folds=2, split='all')
        for n in (2, 3)
    ]
    joined = ConcatDataset(parts)
    joined.datasets[0] = ConcatDataset(parts[:1])
    assert locate_sample(joined, 41) == (parts[0], 41)
    assert locate_sample(joined, 42) == (parts[1], 0)
    repeated = RepeatDataset(parts[1], 2)
    assert locate_sample(repeated, 63 + 5) == (parts[1], 5)
    # It may change its samples.
    subset = Subset(joined, [41, 0])
    assert locate_sample(subset, 1) == (subset, 1)
    samples = list(walk_samples(joined))
    assert len(samples) == 105 and samples[42] == (parts[1], 0)
    assert list(walk_samples(Subset(joined, [41, 0]))) == [(parts[0], 41),
                                                           (parts[0], 0)]
