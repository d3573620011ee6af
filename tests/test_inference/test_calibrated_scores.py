"""Calibrated probabilities and sets, without PyTorch."""
import copy
import json
import subprocess
import sys

import numpy as np
import pytest

from mmfermtl.evaluation.functional.calibration import temperature_softmax
from mmfermtl.evaluation.functional.conformal import prediction_sets
from mmfermtl.inference.calibrated_scores import Calibration
from mmfermtl.utils.errors import UserError

DOCUMENT = {
    'format': 'mmfermtl-calibration-1',
    'temperature': 1.7,
    'classes': ['neutral', 'anger', 'fear'],
    'score': '1-p',
    'quantiles': {
        '0.9': [.6, .9, .8],
        '0.95': [.97]
    },
}


def test_it_computes_what_was_fitted():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 3)).astype(np.float32) * 3
    found = Calibration.from_dict(DOCUMENT, classes=DOCUMENT['classes'])
    chances = found.probabilities(logits)
    assert np.array_equal(chances, temperature_softmax(logits, 1.7))
    assert found.coverages == [.9, .95]
    for coverage, row in ((.9, [.6, .9, .8]), (.95, [.97] * 3)):
        assert found.thresholds(coverage).tolist() == row
        inside = prediction_sets(chances, np.array(row))
        sets = found.sets(chances, coverage)
        for labels, keep, one in zip(sets, inside, chances):
            assert sorted(labels) == np.flatnonzero(keep).tolist()
            assert labels[0] == one.argmax()
            assert (np.diff(one[labels]) <= 0).all()


def change(**values):
    return dict(copy.deepcopy(DOCUMENT), **values)


def balanced(**values):
    return change(
        logit_adjustment=dict(
            dict(strength=.5, class_frequencies=[.64, .35, .01]), **values))


def test_balanced_probabilities():
    found = Calibration.from_dict(balanced())
    chances = np.array([[.8, .1, .1], [.6, .39, .01]])
    want = chances / [.8, .35**.5, .1]
    want /= want.sum(1, keepdims=True)
    assert found.balance(chances) == pytest.approx(want)
    assert found.balance(chances).argmax(1).tolist() == [0, 0]
    assert found.balance([[.7, .1, .2]]).argmax(1).tolist() == [2]
    assert found.balance(want, undo=True) == pytest.approx(chances)
    with pytest.raises(ValueError, match=r'expected \(N, 3\)'):
        found.balance(np.eye(2))
    with pytest.raises(UserError, match='no logit_adjustment.*calibrate.py'):
        Calibration.from_dict(DOCUMENT).balance(chances)


def test_no_face():
    found = Calibration.from_dict(DOCUMENT)
    chances = found.probabilities(np.zeros((0, 3)))
    assert chances.shape == (0, 3) and found.sets(chances) == []


def test_wrong_arrays_and_coverages():
    found = Calibration.from_dict(DOCUMENT)
    for wrong in (np.zeros(3), np.zeros((2, 4)), np.zeros((2, 2))):
        with pytest.raises(ValueError, match=r'expected \(N, 3\)'):
            found.probabilities(wrong)
        with pytest.raises(ValueError, match=r'expected \(N, 3\)'):
            found.sets(wrong)
    with pytest.raises(UserError, match='0.8 was not.*found 0.9, 0.95'):
        found.sets(np.eye(3), .8)


@pytest.mark.parametrize('content, words', [
    (None, 'found None, expected an object'),
    ({}, 'lacks format'),
    (change(format='mmfermtl-calibration-9'), 'format'),
    (change(temperature=0), 'temperature 0, expected a number from 0.01'),
    (change(temperature=float('nan')), 'temperature nan'),
    (change(temperature=float('inf')), 'temperature inf'),
    (change(temperature=True), 'temperature True'),
    (change(temperature='1'), 'temperature'),
    (change(classes=['a']), 'different names'),
    (change(classes=['a', 'a', 'b']), 'different names'),
    (change(classes=['a', '', 'b']), 'different names'),
    (change(classes=list(map(str, range(1001)))), 'different names'),
    (change(score='aps'), "score 'aps', expected '1-p'"),
    (change(quantiles={}), 'thresholds from 0 to 1'),
    (change(quantiles={'1.5': [.1]}), 'thresholds from 0 to 1'),
    (change(quantiles={'0.90': [.1]}), 'thresholds from 0 to 1'),
    (change(quantiles={'0.9\n': [.1]}), 'thresholds from 0 to 1'),
    (change(quantiles={'0.9': []}), 'thresholds from 0 to 1'),
    (change(quantiles={'0.9': [.1, 1.2, .3]}), 'thresholds from 0 to 1'),
    (change(quantiles={'0.9': [.1, float('nan'), .3]}), 'from 0 to 1'),
    (change(quantiles={'0.9': [.1, True, .3]}), 'thresholds from 0 to 1'),
    (change(quantiles={'0.9': [.1, .2]}), '0.9 has 2 thresholds, expected'),
    (change(logit_adjustment=[]), 'logit_adjustment .*strength from 0 to 1'),
    (balanced(strength=2), 'strength from 0 to 1'),
    (balanced(strength=None), 'strength from 0 to 1'),
    (balanced(class_frequencies=[.5, .5, 0]), 'numbers above 0'),
    (balanced(class_frequencies=[.5, .5]), 'has 2 numbers, expected one for'),
    (balanced(more=1), 'strength from 0 to 1'),
    (change(fitted_on=[]), 'fitted_on'),
    (change(measured='x'), 'measured'),
])
def test_files_of_strangers(content, words):
    with pytest.raises(UserError, match=words):
        Calibration.from_dict(content, 'a.json')


def test_other_classes():
    for classes in (['anger', 'neutral', 'fear'], ['neutral', 'anger']):
        with pytest.raises(UserError, match='but the model has'):
            Calibration.from_dict(DOCUMENT, classes=classes)


def test_files(tmp_path):
    path = tmp_path / 'calibration.json'
    path.write_text(json.dumps(DOCUMENT))
    assert Calibration.from_file(str(path)).document == DOCUMENT
    path.write_text(json.dumps(change(temperature=-1)))
    with pytest.raises(UserError, match='calibration.json: no calibration'):
        Calibration.from_file(str(path))
    path.write_text(' ' * (1 << 20) + '{}')
    with pytest.raises(UserError, match='larger than'):
        Calibration.from_file(str(path))
    for text in ('{', '[]', '{"temperature": NaN}'):
        path.write_text(text)
        with pytest.raises(ValueError, match='calibration.json'):
            Calibration.from_file(str(path))
    with pytest.raises(ValueError, match='gone.json.*calibrate.py'):
        Calibration.from_file(str(tmp_path / 'gone.json'))


def test_pytorch_is_not_imported():
    code = ('import sys, mmfermtl.inference.calibrated_scores; '
            "print([m for m in ('torch', 'mmcv', 'cv2', 'scipy') "
            'if m in sys.modules])')
    done = subprocess.run([sys.executable, '-c', code],
                          capture_output=True,
                          text=True)
    assert done.stdout == '[]\n', done.stderr
