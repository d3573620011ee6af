"""Transfer of classifier weights by class name."""
import pytest

from mmfermtl.engine.checkpoints.classifier_transfer import classifier_tensors
from mmfermtl.expressions import CLASS_SETS, match_classes
from mmfermtl.registry import MODELS

SIX, SEVEN = CLASS_SETS[6], CLASS_SETS[7]


@pytest.mark.parametrize('head, names', [
    (dict(type='mmfermtl.FERHead', in_channels=7,
          num_classes=7), ['fc.weight', 'fc.bias']),
    (dict(
        type='mmpretrain.LinearClsHead',
        in_channels=7,
        num_classes=7,
        loss=dict(type='mmpretrain.CrossEntropyLoss')),
     ['fc.weight', 'fc.bias']),
    (dict(
        type='mmpretrain.StackedLinearClsHead',
        in_channels=7,
        mid_channels=[7],
        num_classes=7,
        loss=dict(type='mmpretrain.CrossEntropyLoss')),
     ['layers.1.fc.weight', 'layers.1.fc.bias']),
])
def test_the_last_layer_is_the_classifier(head, names):
    assert classifier_tensors(MODELS.build(head), 7) == names
    assert classifier_tensors(MODELS.build(head), 5) == []


def test_matching_by_name():
    match = match_classes(SEVEN, [name.upper() for name in SIX[::-1]])
    assert match.pairs == [(0, 5), (2, 4), (3, 3), (4, 2), (5, 1), (6, 0)]
    assert (match.added, match.dropped) == (['contempt'], [])


def test_own_names_are_matched_too():
    match = match_classes(['calm', 'happy'], ['Joy', 'Calm', 'stressed'])
    assert match.pairs == [(0, 1), (1, 0)]
    assert (match.added, match.dropped) == ([], ['stressed'])
