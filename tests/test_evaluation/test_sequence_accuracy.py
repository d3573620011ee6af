"""Scores of frames become one prediction of their sequence."""
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope

from mmfermtl.evaluation import SequenceAccuracy
from mmfermtl.structures import ExpressionDataSample


def frame(label, score, subject='S1', sequence='001', dataset='CKPlus'):
    sample = ExpressionDataSample().set_gt_label(label)
    sample.set_pred_score(torch.tensor(score)).set_pred_label(
        int(torch.tensor(score).argmax()))
    sample.set_metainfo(
        dict(subject=subject, sequence=sequence, dataset=dataset))
    return sample


def evaluate(samples, size=None):
    evaluator = Evaluator([SequenceAccuracy()])
    for k in range(0, len(samples), 2):
        evaluator.process(samples[k:k + 2])
    return evaluator.evaluate(len(samples) if size is None else size)


def test_scores_are_averaged_within_a_sequence():
    """Two of three frames are wrong, the sequence is right; and the other
    way round, which a vote of the frames would call right."""
    out = evaluate([
        frame(0, [0.9, 0.1]),
        frame(0, [0.4, 0.6]),
        frame(0, [0.4, 0.6]),
        frame(0, [0.6, 0.4], sequence='002'),
        frame(0, [0.6, 0.4], sequence='002'),
        frame(0, [0.1, 0.9], sequence='002'),
    ])
    assert out == {'sequence/top1': 50, 'sequence/count': 2}


def test_equal_names_in_other_datasets_and_subjects_are_others():
    out = evaluate([
        frame(0, [0.9, 0.1]),
        frame(1, [0.8, 0.2], subject='S2'),
        frame(0, [0.3, 0.7], dataset='MMI'),
        frame(0, [0.9, 0.1], sequence='002'),
    ])
    assert out == {'sequence/top1': 50, 'sequence/count': 4}


def test_neutral_and_peak_of_a_sequence_count_apart():
    out = evaluate([frame(0, [0.9, 0.1]), frame(1, [0.2, 0.8])])
    assert out == {'sequence/top1': 100, 'sequence/count': 2}


def test_padded_frames_do_not_count_twice():
    """Two processes share five frames; the last batch is padded with the
    first frame, which would turn its sequence around if it counted again."""
    frames = [
        frame(0, [0.45, 0.55]),
        frame(0, [0.52, 0.48]),
        frame(0, [0.54, 0.46]),
        frame(-1, [0., 1.]),
        frame(1, [0., 1.], subject='S2')
    ]
    assert evaluate(frames)['sequence/top1'] == 100
    assert evaluate(frames + frames[:1], size=5) == evaluate(frames)
    assert evaluate(frames + frames[:1])['sequence/top1'] == 50


def test_frames_without_a_label_are_left_out():
    bare = frame(0, [0., 1.])
    bare.pop('gt_label')
    out = evaluate([frame(-1, [0., 1.]), bare, frame(0, [0.9, 0.1])])
    assert out == {'sequence/top1': 100, 'sequence/count': 1}
    assert evaluate([frame(-1, [0., 1.])]) == {}


def test_missing_keys_are_named():
    sample = frame(0, [0.9, 0.1])
    del sample.sequence
    with pytest.raises(KeyError, match='lack sequence, .*PackExpressionIn'):
        evaluate([sample])
    sample = frame(0, [0.9, 0.1])
    del sample.pred_score
    with pytest.raises(KeyError, match='lack pred_score'):
        evaluate([sample])


def test_samples_of_mmpretrain():
    init_default_scope('mmpretrain')
    from mmpretrain.structures import DataSample
    sample = DataSample().set_gt_label(1).set_pred_score([0.3, 0.7])
    sample.set_metainfo(dict(subject='S1', sequence='1', dataset='MMI'))
    assert evaluate([sample]) == {'sequence/top1': 100, 'sequence/count': 1}
