"""Pictures of generated images during training."""
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


def test_a_grid():
    data = faces('wild')
    grid = SynthesisGridHook(
        num_sources=1, cell=48).make_grid(Negative(), data)
    pictures = grid[-2 * 48 - 20:].astype(float)
    assert grid.ndim == 3 and grid.dtype == np.uint8
    assert pictures.std() > 20
