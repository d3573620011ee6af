"""Films are read in one pass, and written so that any part can be played."""
import csv
import json
import os
from fractions import Fraction

import cv2
import numpy as np
import pytest
from fake_faces import CLASSES, fake_reader, picture

from mmfermtl.inference.film_prediction import FILM_FILE, predict_film
from mmfermtl.inference.film_reader import FilmReader
from mmfermtl.inference.film_summary import _BINS, FilmSummary
from mmfermtl.inference.film_writer import FilmWriter
from mmfermtl.inference.result_files import ResultFiles
from mmfermtl.utils.errors import UserError

av = pytest.importorskip('av')


class Silent:
    """Shows nothing."""

    def __init__(self, total, title, unit):
        self.total = total

    def advance(self):
        pass

    def close(self):
        pass


def write_film(path, count=20, size=(120, 160)):
    """A face that moves to the right; a second one in the last half."""
    with FilmWriter(str(path), 10.) as writer:
        for i in range(count):
            faces = [(10 + i, 20, 50, 250)]
            if 2 * i >= count:
                faces.append((100, 70, 40, 128))
            writer.write(picture(*faces, size=size), i / 10)
    return str(path)


def predict(film, out, **kwargs):
    with ResultFiles(str(out), CLASSES, {}) as files:
        summary = predict_film(
            film, fake_reader(), files, progress=Silent, **kwargs)
    with open(files.csv_path, encoding='utf-8', newline='') as file:
        return summary, list(csv.DictReader(file))


def test_frames_have_rows_with_tracks(tmp_path):
    film = FilmReader(write_film(tmp_path / 'a.mp4'))
    summary, rows = predict(film, tmp_path / 'out')
    assert [int(r['frame']) for r in rows
            if r['track'] == '0'] == list(range(20))
    assert [int(r['frame']) for r in rows
            if r['track'] == '1'] == list(range(10, 20))
    assert {r['class'] for r in rows if r['track'] == '0'} == {'surprise'}
    assert {r['class'] for r in rows if r['track'] == '1'} == {'anger'}
    np.testing.assert_allclose([float(r['time']) for r in rows[:10]],
                               np.arange(10) / 10)
    drawn = list(FilmReader(str(tmp_path / 'out' / FILM_FILE)))
    assert len(drawn) == 20
    np.testing.assert_allclose([f.time for f in drawn],
                               np.arange(20) / 10,
                               atol=1e-3)
    assert drawn[0].image.shape == (120, 160, 3)
    content = json.loads((tmp_path / 'out' / 'summary.json').read_text())
    assert content == summary.to_dict()
    assert content['share_of_time']['surprise'] == 1
    assert content['tracks'] == 2 and content['faces'] == 30
    assert cv2.imread(str(tmp_path / 'out' / 'timeline.png')) is not None


@pytest.mark.parametrize('options, wanted', [
    (dict(every=3), [0, 3, 6, 9, 12, 15, 18]),
    (dict(fps=5), list(range(0, 20, 2))),
    (dict(fps=4), [0, 3, 5, 8, 10, 13, 15, 18]),
    (dict(fps=100), list(range(20))),
])
def test_frames_can_be_left_out(tmp_path, options, wanted):
    film = FilmReader(write_film(tmp_path / 'a.mp4'), **options)
    assert [frame.number for frame in film] == wanted


def test_rotated_films_are_turned_upright(tmp_path, monkeypatch):
    """By the angle, counter-clockwise, that PyAV reads of the container."""
    from mmfermtl.inference import film_reader

    class Frame:
        rotation = 90

        def to_ndarray(self, format):
            return np.arange(6, dtype=np.uint8).reshape(1, 2, 3)

    assert film_reader._upright(Frame()).shape == (2, 1, 3)
    assert film_reader._upright(Frame())[0, 0].tolist() == [3, 4, 5]


@pytest.mark.parametrize('ratio, size', [(Fraction(4, 3), (120, 213)),
                                         (Fraction(1, 2), (120, 80)),
                                         (Fraction(50, 1), (120, 160))])
def test_pixels_are_made_square(tmp_path, ratio, size):
    path = str(tmp_path / 'a.mp4')
    with av.open(path, 'w') as container:
        stream = container.add_stream('mpeg4', rate=10)
        stream.width, stream.height = 160, 120
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.sample_aspect_ratio = ratio
        image = av.VideoFrame.from_ndarray(
            picture((60, 30, 40, 250), size=(120, 160)), format='bgr24')
        container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    frame, = FilmReader(path)
    assert frame.image.shape == (*size, 3)


def test_a_cut_film_is_rows_and_an_error(tmp_path):
    path = tmp_path / 'a.mkv'
    rng = np.random.default_rng(0)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=10)
        stream.width, stream.height = 160, 120
        for i in range(20):
            image = picture((10 + i, 20, 50, 250), size=(120, 160))
            image[90:] = rng.integers(0, 90, (30, 160, 3))
            frame = av.VideoFrame.from_ndarray(image, format='bgr24')
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    path.write_bytes(content[:len(content) * 2 // 3])
    summary, rows = predict(FilmReader(str(path)), tmp_path / 'out')
    assert 0 < summary.frames < 20
    assert {r['status'] for r in rows[:summary.frames]} == {'ok'}


def test_a_fault_while_decoding_is_a_row(tmp_path, monkeypatch):
    film = FilmReader(write_film(tmp_path / 'a.mp4'))

    class Broken:

        def decode(self, stream):
            yield from list(film._av.open(film.path).decode(video=0))[:3]
            raise av.error.InvalidDataError(1, 'Invalid data')

        def close(self):
            pass

    film._container = Broken()
    summary, rows = predict(film, tmp_path / 'out')
    assert summary.frames == 3
    assert [row['status'] for row in rows] == ['ok'] * 3 + ['error']
    assert 'Invalid data' in rows[3]['note']


@pytest.mark.parametrize('content', [b'', b'no film', b'\0' * 5000])
@pytest.mark.parametrize('name', ['a.mp4', 'a.avi', 'a.mkv', 'a.ts'])
def test_files_that_are_no_films(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    summary, rows = predict(FilmReader(str(path)), tmp_path / 'out')
    assert [row['status'] for row in rows] == ['error']
    assert str(path) in rows[0]['note'] and not summary.frames


@pytest.mark.parametrize('options', [
    dict(every=0),
    dict(fps=0),
    dict(fps=-1.),
    dict(fps=float('nan')),
    dict(fps=float('inf'))
])
def test_wrong_options_are_refused(tmp_path, options):
    path = write_film(tmp_path / 'a.mp4', 2)
    with pytest.raises(UserError, match='expected'):
        FilmReader(path, **options)


def test_playlists_are_no_films(tmp_path):
    """FFmpeg would read the files that they name."""
    secret = write_film(tmp_path / 'secret.ts.mp4', 2)
    text = f'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n'
    (tmp_path / 'list.m3u8').write_text(text)
    (tmp_path / 'list.mp4').write_text(text)
    film = FilmReader(str(tmp_path / 'list.mp4'))
    assert not list(film) and film.fault
    with pytest.raises(UserError, match='.mp4'):
        FilmReader(str(tmp_path / 'list.m3u8'))
    with pytest.raises(UserError, match='not found'):
        FilmReader(str(tmp_path / 'missing.mp4'))


def test_a_film_is_playable_before_it_is_closed(tmp_path):
    """As after a kill: all but the last seconds are there."""
    path = str(tmp_path / 'a.mp4')
    writer = FilmWriter(path, 10.)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (240, 320, 3), np.uint8)
    for i in range(200):
        writer.write(np.roll(noise, i, axis=1), i / 10)
    copy = tmp_path / 'copy.mp4'
    copy.write_bytes(open(path, 'rb').read())
    assert 60 < sum(1 for _ in FilmReader(str(copy))) <= 200
    writer.close()
    assert sum(1 for _ in FilmReader(path)) == 200


def test_odd_and_changing_sizes_are_written(tmp_path):
    path = str(tmp_path / 'a.mp4')
    with FilmWriter(path) as writer:
        writer.write(picture(size=(51, 33)), 0.)
        writer.write(picture(size=(100, 60)), 0.)
        writer.write(picture(size=(1, 1)), 0.)
    assert [f.image.shape for f in FilmReader(path)] == [(50, 32, 3)] * 3
    with pytest.raises(UserError, match='.mp4'):
        FilmWriter(str(tmp_path / 'a.avi'))


def test_ctrl_c_leaves_rows_a_film_and_a_summary(tmp_path):
    film = FilmReader(write_film(tmp_path / 'a.mp4'))
    out = tmp_path / 'out'

    class Stop(Silent):
        steps = 0

        def advance(self):
            self.steps += 1
            if self.steps == 7:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with ResultFiles(str(out), CLASSES, {}) as files:
            predict_film(film, fake_reader(), files, progress=Stop)
    with open(files.csv_path, encoding='utf-8', newline='') as file:
        assert len(list(csv.DictReader(file))) == 7
    assert sum(1 for _ in FilmReader(str(out / FILM_FILE))) == 7
    assert json.loads((out / 'summary.json').read_text())['frames'] == 7


def test_shares_are_of_time_not_of_frames():
    summary = FilmSummary(CLASSES)
    light, dark = (
        fake_reader().read([picture((10, 10, 50, value))])[0]
        for value in (255, 128))
    # The first lasts six seconds, the last as long as a frame on average.
    for readings, time in ((light, 0.), (dark, 6.), ([], 7.), (dark, 9.)):
        summary.add(readings, time)
    for _ in range(2):
        assert summary.to_dict()['share_of_time'] == dict(
            anger=0.4, happiness=0., surprise=0.6)
    # Of two films that were joined, the second begins again.
    joined = FilmSummary(CLASSES)
    for readings in (light, dark):
        for time in (0., 1., 2.):
            joined.add(readings, time)
    assert joined.to_dict()['share_of_time'] == dict(
        anger=0.5, happiness=0., surprise=0.5)
    alone = FilmSummary(CLASSES)
    alone.add(light, 0.)
    assert alone.to_dict()['share_of_time']['surprise'] == 1


def test_the_summary_does_not_grow(tmp_path):
    summary = FilmSummary(CLASSES)
    light, dark = (
        fake_reader().read([picture((10, 10, 50, value))])[0]
        for value in (255, 128))
    for step in range(4 * _BINS):
        summary.add(light if step < 3 * _BINS else dark, step * 0.5)
    summary.add([], 4 * _BINS * 0.5)
    assert summary._sums.shape == (_BINS, 3)
    assert summary._numbers.sum() == 4 * _BINS
    content = summary.to_dict()
    assert content['share_of_time'] == dict(
        anger=0.25, happiness=0., surprise=0.75)
    assert content['frames_without_face'] == 1
    assert summary.rows()[0] == ('surprise', 0.75)
    summary.write(str(tmp_path))
    assert os.listdir(tmp_path)
