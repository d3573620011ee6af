from types import SimpleNamespace

import numpy as np
import pytest

from mmfermtl.engine.run_summary import (absent_classes, find_option,
                                         format_summary, newest_png,
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
    assert find_option(outer, 'fold') == 4
    assert find_option(SimpleNamespace(fold=0), 'fold') == 0
    assert find_option(SimpleNamespace(fold=None), 'fold') is None


@pytest.mark.parametrize('split, name, words', [
    ('test', 'num_test', 'selected on the test fold itself'),
    (None, 'num_test', 'selected on the test fold itself'),
    ('val', 'num_val', "on the split 'val'; tools/test.py"),
    ('inner_val', 'num_inner_val', "on the split 'inner_val'; tools/test.py"),
])
def test_scores_name_their_images(split, name, words):
    summary = dict.fromkeys(('epochs', 'seconds', 'peak_memory_mb', 'seed',
                             'fold', 'num_train', 'num_parameters', 'device'),
                            1)
    summary.update(
        num_test=7,
        validation_split=split,
        accuracy_best_on_test=90.,
        epoch_best_on_test=1,
        metrics_last={ACCURACY: 90.})
    text = format_summary(summary)
    assert name in text.split() and words in text
    assert ('no result' in text or 'not a result' in text) == ('test fold'
                                                               in words)


def test_absent_classes_are_named():
    dataset = SimpleNamespace(
        CLASSES=('a', 'b', 'c'), get_gt_labels=lambda: np.array([0, 2, -1]))
    assert absent_classes(dataset) == ['b']
    assert absent_classes(SimpleNamespace()) is None


def test_no_grid(tmp_path):
    assert newest_png(str(tmp_path), 'synthesis') is None
