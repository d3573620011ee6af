"""Mean recall and F1 of the classes that are there."""
import pytest
import torch
from mmengine.logging import MMLogger

from mmfermtl.evaluation import MacroScores


def evaluate(labels, predictions, classes=('a', 'b', 'c')):
    metric = MacroScores()
    metric.dataset_meta = dict(classes=classes)
    samples = [
        dict(
            gt_label=torch.tensor([label]),
            pred_score=torch.eye(len(classes))[prediction])
        for label, prediction in zip(labels, predictions)
    ]
    metric.process({}, samples)
    return metric.evaluate(len(samples))


def test_by_hand():
    scores = evaluate([0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 0, 2])
    assert scores['macro/recall'] == pytest.approx((75 + 50 + 100) / 3)
    assert scores['macro/f1'] == pytest.approx((75 + 50 + 100) / 3)


def test_a_class_that_a_fold_lacks_counts_in_no_mean(caplog):
    logger = MMLogger.get_instance('absent', logger_name='absent')
    logger.addHandler(caplog.handler)
    scores = evaluate([0, 0, 1, -1], [0, 0, 1, 2])
    assert scores == {'macro/recall': 100, 'macro/f1': 100}
    assert 'no image shows c' in caplog.text
