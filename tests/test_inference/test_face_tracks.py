"""Faces keep their number while their boxes overlap."""
import numpy as np
import pytest
from fake_faces import fake_reader, picture

from mmfermtl.inference.face_tracks import FaceTracker, overlap


def track(tracker, reader, time, *faces):
    readings = reader.read([picture(*faces)])[0]
    found = tracker.update(readings, time, reader)
    return {int(r.face.box[0]): r.track for r in found}


def test_numbers_follow_the_places():
    tracker, reader = FaceTracker(), fake_reader()
    left, right = (10, 20, 60, 255), (150, 20, 50, 200)
    assert track(tracker, reader, 0., left, right) == {10: 0, 150: 1}
    # The detector's order changes, the places do not.
    assert track(tracker, reader, 0.04, (15, 20, 40, 255),
                 (140, 20, 60, 200)) == {
                     15: 0,
                     140: 1
                 }
    # One is hidden for a moment, a new one comes.
    assert track(tracker, reader, 0.2, (80, 120, 50, 128)) == {80: 2}
    assert track(tracker, reader, 0.4, (142, 20, 60, 200)) == {142: 1}


def test_who_comes_back_late_is_new():
    tracker, reader = FaceTracker(patience=0.5), fake_reader()
    face = (10, 20, 60, 255)
    assert track(tracker, reader, 0., face) == {10: 0}
    assert track(tracker, reader, 0.5, face) == {10: 0}
    assert track(tracker, reader, 0.8) == {}
    assert track(tracker, reader, 1.1, face) == {10: 1}


def test_frames_may_be_far_apart():
    tracker, reader = FaceTracker(), fake_reader()
    for time in (0., 2., 4., 6.):
        assert track(tracker, reader, time, (10, 20, 60, 255)) == {10: 0}


def test_memory_is_that_of_the_faces_in_view():
    tracker, reader = FaceTracker(), fake_reader()
    for step in range(50):
        track(tracker, reader, float(step), (10, 20, 60, 255))
    assert len(tracker._tracks) == 1


def test_smoothing_is_a_moving_mean_of_logits():
    tracker = FaceTracker(smoothing=1.)
    reader = fake_reader()
    means, logs = None, []
    for step, light in enumerate((255, 128, 190, 255)):
        reading, = reader.read([picture((10, 20, 60, light))])[0]
        log = np.log(np.maximum(reading.scores, 1e-12))
        weight = np.exp(-0.25)
        means = log if means is None else weight * means + (1 - weight) * log
        found, = tracker.update([reading], step * 0.25, reader)
        wanted = np.exp(means - means.max())
        np.testing.assert_allclose(found.scores, wanted / wanted.sum())
        assert found.track == 0
        logs.append(found.name)
    assert logs[1] == 'surprise'  # of a dark face alone, anger


@pytest.mark.parametrize('first, second, wanted', [
    ([0, 0, 2, 2], [0, 0, 2, 2], 1.),
    ([0, 0, 2, 2], [1, 0, 3, 2], 1 / 3),
    ([0, 0, 2, 2], [2, 0, 4, 2], 0.),
    ([0, 0, 0, 0], [0, 0, 0, 0], 0.),
])
def test_overlap(first, second, wanted):
    found = overlap(np.array(first, float), np.array(second, float))
    assert found == pytest.approx(wanted)
