"""Probabilities, sets, and batches over pictures."""
import json

import numpy as np
import pytest
from fake_faces import CLASSES, FakeBackend, fake_reader, picture

from mmfermtl.inference import face_reader
from mmfermtl.inference.face_finding import FaceFinder
from mmfermtl.inference.face_reader import FaceReader
from mmfermtl.utils.errors import UserError


class FakeCalibration:
    """Divides logits by two; a set holds what is above 0.1."""

    def probabilities(self, logits):
        powers = np.exp(np.asarray(logits, np.float64) / 2)
        return powers / powers.sum(axis=1, keepdims=True)

    def sets(self, probabilities, coverage=0.9):
        if coverage != 0.9:
            raise UserError(f'a coverage of {coverage} was not calibrated')
        return [[
            int(k) for k in np.argsort(-row)
            if row[k] > 0.1 or k == row.argmax()
        ] for row in probabilities]

    def balance(self, probabilities, undo=False):
        frequencies = np.array([.98, .01, .01])**(-1 if undo else 1)
        found = np.asarray(probabilities) / frequencies
        return found / found.sum(1, keepdims=True)


def test_faces_of_several_pictures_are_read_at_once():
    reader = fake_reader(batch_size=4)
    images = [
        picture((10, 10, 60, 255), (100, 100, 40, 190)),
        picture(),
        picture(*((5 + 40 * i, 20, 30, 128) for i in range(5))),
    ]
    first, none, many = reader.read(images)
    assert [r.name for r in first] == ['surprise', 'happiness']
    assert none == []
    assert [r.name for r in many] == ['anger'] * 5
    assert reader.backend.batches == [4, 3]
    for reading in (*first, *many):
        np.testing.assert_allclose(reading.scores.sum(), 1)
        assert reading.label_set is None and reading.abstained is None


def test_result_of_a_face_has_the_names_of_openmmlab():
    reading, = fake_reader().read([picture((10, 20, 60, 255))])[0]
    result = json.loads(json.dumps(reading.to_dict()))
    assert result['bbox'] == [10, 20, 70, 80]
    assert result['pred_class'] == 'surprise' and result['pred_label'] == 2
    assert result['pred_score'] == result['pred_scores'][2]
    assert len(result['landmarks']) == 5 and result['bbox_score'] == 0.9
    assert result['pred_set'] is None and result['calibrated'] is False
    assert result['abstained'] is None and result['track_id'] is None


def test_calibrated_networks_can_abstain(monkeypatch):
    monkeypatch.setattr(face_reader, 'load_calibration',
                        lambda backend: FakeCalibration())
    reader = fake_reader()
    sure, unsure = reader.read(
        [picture((10, 10, 60, 255)),
         picture((10, 10, 60, 223))])
    assert sure[0].label_set == ['surprise'] and sure[0].abstained is False
    assert set(unsure[0].label_set) == {'surprise', 'happiness'}
    assert unsure[0].abstained is True and unsure[0].to_dict()['calibrated']
    with pytest.raises(UserError, match='0.5'):
        fake_reader(coverage=0.5)


def test_balanced_scores(monkeypatch):
    """The label is of balanced scores, the set of those before."""
    with pytest.raises(UserError, match='is not calibrated, so that nothing'):
        fake_reader(balanced=True)
    monkeypatch.setattr(face_reader, 'load_calibration',
                        lambda backend: FakeCalibration())
    image = picture((10, 10, 60, 140))
    plain, balanced = (
        fake_reader(balanced=value).read([image])[0][0]
        for value in (False, True))
    assert plain.name == 'anger' and balanced.name != 'anger'
    assert balanced.scores == pytest.approx(FakeCalibration().balance(
        plain.scores[None])[0])
    assert balanced.label_set[0] == balanced.name
    assert set(balanced.label_set) == {*plain.label_set, balanced.name}
    # Smoothed scores are balanced already.
    again = fake_reader(balanced=True).with_scores(balanced, balanced.scores)
    assert again.name == balanced.name
    assert again.label_set == balanced.label_set


def test_networks_without_calibration_have_none():
    assert face_reader.load_calibration(FakeBackend()) is None


def test_a_crop_is_read_as_it_is():
    reading = fake_reader().read_crop(np.full((16, 16), 190, np.uint8))
    assert reading.name == 'happiness'
    assert reading.classes == CLASSES


@pytest.mark.parametrize('options', [
    dict(coverage=0.),
    dict(coverage=1.),
    dict(coverage=float('nan')),
    dict(batch_size=0)
])
def test_wrong_options_are_refused(options):
    with pytest.raises(UserError, match='expected'):
        FaceReader(FakeBackend(), FaceFinder(16, 'whole'), **options)
