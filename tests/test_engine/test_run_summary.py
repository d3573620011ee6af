from types import SimpleNamespace

import numpy as np

from mmfermtl.engine.run_summary import (absent_classes, find_fold, newest_png,
                                         summarize_scores)

ACCURACY, F1 = 'accuracy/top1', 'macro/f1'


def test_scores_of_a_history():
    rows = [
        dict(epoch=1, val={ACCURACY: 50.}),
        dict(epoch=2, val={ACCURACY: 90.}),
        dict(epoch=3, val={ACCURACY: 90.}),
        dict(epoch=4, val={
            ACCURACY: 70.,
            F1: 65.
        }),
        dict(epoch=5, val=None)
    ]
    scores = summarize_scores(rows[:4], 4, ACCURACY, F1)
    assert scores['accuracy_last'] == 70
    assert scores['macro_f1_last'] == 65
    assert scores['accuracy_best_on_test'] == 90
    assert scores['epoch_best_on_test'] == 2
    scores = summarize_scores(rows, 5, ACCURACY, F1)
    assert scores['accuracy_last'] is None
    assert scores['accuracy_best_on_test'] == 90
    scores = summarize_scores([], 0, ACCURACY, F1)
    assert scores['accuracy_best_on_test'] is None


def test_fold_is_found_in_wrapped_datasets():
    inner = SimpleNamespace(fold=4)
    outer = SimpleNamespace(
        datasets=[SimpleNamespace(),
                  SimpleNamespace(dataset=inner)])
    assert find_fold(outer) == 4
    assert find_fold(SimpleNamespace(fold=0)) == 0
    assert find_fold(SimpleNamespace(fold=None)) is None


def test_absent_classes_are_named():
    dataset = SimpleNamespace(
        CLASSES=('a', 'b', 'c'), get_gt_labels=lambda: np.array([0, 2, -1]))
    assert absent_classes(dataset) == ['b']
    assert absent_classes(SimpleNamespace()) is None


def test_no_grid(tmp_path):
    assert newest_png(str(tmp_path), 'synthesis') is None
