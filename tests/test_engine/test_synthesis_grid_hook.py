"""Pictures of generated images during training."""
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement

from mmfermtl.datasets import SyntheticFaces
from mmfermtl.datasets.target_sampler import Target
from mmfermtl.engine.hooks.synthesis_grid_hook import (SynthesisGridHook,
                                                       _paired_input)


class Negative(torch.nn.Module):
    """Generates the negative of a face, whatever the target."""

    @staticmethod
    def data_preprocessor(batch, training):
        return dict(inputs=torch.stack(batch['inputs']))

    @staticmethod
    def predict(inputs, synthesis):
        assert synthesis == 'all'
        return [
            BaseDataElement(fake_imgs=(255 - image).expand(7, 1, -1, -1))
            for image in inputs
        ]


def faces(difficulty):
    return SyntheticFaces(
        num_subjects=3,
        num_folds=3,
        split='test',
        fold=0,
        difficulty=difficulty,
        pipeline=[dict(type='mmfermtl.PackExpressionInputs')])


@pytest.mark.parametrize('difficulty', ['studio', 'wild'])
def test_the_ground_truth_is_the_pair(difficulty):
    data = faces(difficulty)
    label = data.get_record(20)['gt_label']
    for source, index in ((0, 20), (20, 20), (5, 20)):
        pair = data.paired_image(source, Target(label, index), None)['img']
        found = _paired_input(data, source, label, index)
        np.testing.assert_array_equal(found[0].numpy(), pair)
    other = data.get_data_info(20)['img']
    same = (_paired_input(data, 0, label, 20)[0].numpy() == other).all()
    assert same == (difficulty == 'studio')


@pytest.mark.parametrize('epochs, iterations, want', [
    ([0], [0], ['epoch_000']),
    (range(1, 6), range(9, 54, 9), ['epoch_002', 'epoch_004', 'epoch_005']),
    ([0] * 4, [9, 18, 27, 30], ['iter_000018', 'iter_000030']),
])
def test_every_second_validation_and_the_last_have_a_grid(
        monkeypatch, epochs, iterations, want):
    found = []
    monkeypatch.setattr(SynthesisGridHook, '_write',
                        lambda self, *args: found.append(args[2:]))
    for epoch, iteration in zip(epochs, iterations):
        SynthesisGridHook(interval=2).after_val_epoch(
            Mock(
                epoch=epoch,
                iter=iteration,
                max_epochs=5 if epoch else 1,
                max_iters=30,
                val_interval=9))
    assert found == [(name, int(name.rpartition('_')[2])) for name in want]


def test_a_grid():
    data = faces('wild')
    grid = SynthesisGridHook(
        num_sources=1, cell=48).make_grid(Negative(), data)
    pictures = grid[-2 * 48 - 20:].astype(float)
    assert grid.ndim == 3 and grid.dtype == np.uint8
    assert pictures.std() > 20
