"""The newest frame wins, the camera is never kept waiting."""
import csv
import threading

import cv2
import numpy as np
import pytest
from fake_faces import CLASSES, fake_reader, picture

from mmfermtl.inference import camera, camera_session
from mmfermtl.inference.camera import (NewestFrame, camera_frames,
                                       camera_number, paced)
from mmfermtl.inference.camera_session import read_camera, run_camera
from mmfermtl.inference.film_reader import FilmFrame, FilmReader
from mmfermtl.inference.film_writer import FilmWriter
from mmfermtl.inference.result_files import ResultFiles
from mmfermtl.utils.errors import UserError


def frames(count):
    return [
        FilmFrame(i, i / 10, picture((10 + i, 20, 50, 250)))
        for i in range(count)
    ]


class Camera:
    """Gives frames when it is told, and knows when they were taken in."""

    def __init__(self, images):
        self.images = images
        self.go = threading.Semaphore(0)
        self.asked = threading.Semaphore(0)

    def __iter__(self):
        for image in self.images:
            self.asked.release()
            assert self.go.acquire(timeout=30)
            yield image
        self.asked.release()

    def give(self, count):
        """Let the reader take frames in; return when it wants another."""
        for _ in range(count):
            self.go.release()
            assert self.asked.acquire(timeout=30)


def test_a_slow_reader_sees_the_newest_frame():
    source = Camera(frames(9))
    with NewestFrame(source) as newest:
        assert source.asked.acquire(timeout=30)
        source.give(1)
        assert newest.take(30).number == 0
        source.give(5)  # while the network works
        assert newest.take(30).number == 5
        assert newest.dropped == 4
        source.give(3)
        assert newest.take(30).number == 8
        assert newest.take(30) is None
    assert newest.received == 9 and newest.dropped == 6


def test_no_frame_in_time_is_reported():
    source = Camera(frames(1))
    with NewestFrame(source) as newest:
        with pytest.raises(UserError, match='no frame'):
            newest.take(0.)
        source.give(1)


def test_errors_of_the_camera_arrive():

    def broken():
        yield frames(1)[0]
        raise UserError('unplugged')

    with NewestFrame(broken()) as newest:
        newest._thread.join(30)
        assert newest.take().number == 0
        with pytest.raises(UserError, match='unplugged'):
            newest.take()


def test_a_film_is_played_at_its_own_speed():
    now, waits = [100.], []

    def wait(seconds):
        waits.append(round(seconds, 3))
        now[0] += seconds

    found = []
    for frame in paced(frames(4), lambda: now[0], wait):
        found.append(frame.number)
        now[0] += 0.04 if frame.number < 2 else 0.2  # the reader's time
    assert found == [0, 1, 2, 3]
    assert waits == [0.06, 0.06]


def test_a_session_writes_rows_and_a_film(tmp_path):
    """A fake camera: a film through the same reader."""
    path = str(tmp_path / 'in.mp4')
    with FilmWriter(path, 10.) as writer:
        for frame in frames(6):
            writer.write(frame.image, frame.time)
    shown = []

    def show(image):
        shown.append(image.shape)
        return len(shown) < 4

    out = tmp_path / 'out'
    source = Camera(list(FilmReader(path)))
    with ResultFiles(str(out), CLASSES, {}) as files, FilmWriter(
            str(out / 'annotated.mp4')) as film, NewestFrame(source) as newest:
        assert source.asked.acquire(timeout=30)

        def live():
            source.give(1)
            for result in read_camera(newest, fake_reader()):
                yield result
                source.give(1)

        count = run_camera(live(), 'webcam:0', files, film, show)
        source.go.release(9)
    assert count == 4 and shown == [(200, 240, 3)] * 4
    with open(files.csv_path, encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [r['frame'] for r in rows] == ['0', '1', '2', '3']
    assert {r['track'] for r in rows} == {'0'}
    assert sum(1 for _ in FilmReader(str(out / 'annotated.mp4'))) == 4


def test_speed_and_latency_are_measured():
    ticks = iter(np.arange(0, 100, 0.125))
    with NewestFrame(iter(frames(1))) as newest:
        live, = read_camera(
            newest, fake_reader(), clock=lambda: float(next(ticks)))
    assert live.latency == 0.125 and live.fps == 0
    # Eight frames a second, as two clock readings a frame take 0.25 s.
    source = Camera(frames(3))
    ticks = iter(np.arange(0, 100, 0.125))
    with NewestFrame(source) as newest:
        assert source.asked.acquire(timeout=30)
        source.give(1)
        found = []
        for live in read_camera(
                newest, fake_reader(), clock=lambda: float(next(ticks)),
                limit=3):
            found.append(live.fps)
            if len(found) < 3:
                source.give(1)
    assert found == [0, 4, 4]


@pytest.mark.parametrize('text, number', [('webcam:0', 0), ('webcam:12', 12),
                                          ('3', 3), ('webcam', 0),
                                          ('a.mp4', None)])
def test_names_of_cameras(text, number):
    assert camera_number(text) == number


@pytest.mark.parametrize('text', ['webcam:', 'webcam:x', 'webcam:-1'])
def test_wrong_names_of_cameras(text):
    with pytest.raises(UserError, match='webcam:0'):
        camera_number(text)


def test_cameras_of_opencv(monkeypatch):

    class Capture:
        images = [(True, picture()), (True, picture()), (False, None)]
        opened = True

        def __init__(self, number):
            self.left = list(self.images)
            assert number == 1

        def isOpened(self):
            return self.opened

        def read(self):
            return self.left.pop(0)

        def release(self):
            released.append(True)

    released = []
    monkeypatch.setattr(camera.cv2, 'VideoCapture', Capture)
    assert [f.number for f in camera_frames(1)] == [0, 1]
    Capture.opened = False
    with pytest.raises(UserError, match='webcam:1'):
        next(camera_frames(1))
    assert released == [True, True]


def test_machines_without_windows_are_told(monkeypatch):

    def fail(*args):
        raise cv2.error('no GTK')

    monkeypatch.setattr(camera_session.cv2, 'imshow', fail)
    with pytest.raises(UserError, match='--no-show'):
        camera_session.show_picture(picture())
