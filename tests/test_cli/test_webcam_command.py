"""`mmfermtl webcam`, with a film in place of the camera."""
import csv
from pathlib import Path

import pytest
from fake_faces import picture
from tiny_weights import write_weights

from mmfermtl.cli.main import main
from mmfermtl.inference import camera, camera_session
from mmfermtl.inference.film_reader import FilmReader
from mmfermtl.inference.film_writer import FilmWriter

pytest.importorskip('av')


@pytest.fixture
def webcam(tmp_path, monkeypatch):
    """Run the subcommand; the film is played without waiting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(camera.paced, '__defaults__',
                        (lambda: 0., lambda seconds: None))
    write_weights('tiny.safetensors')
    with FilmWriter('film.mp4', 10.) as writer:
        for i in range(12):
            writer.write(picture((10 + i, 20, 50, 250)), i / 10)

    def run(*words):
        try:
            return main([
                'webcam', *words, '--model', 'tiny.safetensors', '--device',
                'cpu', '--faces', 'whole'
            ])
        except SystemExit as end:
            return end.code

    return run


def test_rows_and_a_film(webcam, capsys):
    assert webcam('film.mp4', '--out', 'out', '--record', '--no-show') == 0
    with open('out/predictions.csv', encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    frames = [int(row['frame']) for row in rows]
    # The newest frame wins, so that some may be left out, but not the last.
    assert frames == sorted(set(frames)) and frames[-1] == 11
    assert sum(1 for _ in FilmReader('out/annotated.mp4')) == len(rows)
    assert f'{len(rows)} frames read, {12 - len(rows)} older ones dropped' in (
        capsys.readouterr().out)


def test_a_broken_film_is_named(webcam, capsys, monkeypatch):
    Path('text.mp4').write_text('hello')
    assert webcam('text.mp4', '--out', 'out', '--no-show') == 2
    assert 'cannot be read as a film' in capsys.readouterr().err
    read = FilmReader.__iter__

    def broken(self):
        yield from read(self)
        self.fault = f'{self.path}: broken or truncated film'

    monkeypatch.setattr(FilmReader, '__iter__', broken)
    assert webcam('film.mp4', '--out', 'out', '--no-show') == 1
    assert 'film.mp4: broken or truncated' in capsys.readouterr().err


def test_the_window_ends_it(webcam, monkeypatch):
    shown = []
    monkeypatch.setattr(camera_session, 'show_picture',
                        lambda image: shown.append(image.shape))
    assert webcam('film.mp4') == 0
    assert shown == [(200, 240, 3)]
    assert not Path('out').exists()


@pytest.mark.parametrize(
    'words', [
        ['film.mp4', '--record'],
        ['film.mp4', '--no-show'],
        ['film.mp4', '--out', 'o', '--frames', '0'],
        ['film.mp4', '--out', 'o', '--smooth', '-1'],
        ['missing.mp4', '--out', 'o', '--no-show'],
        ['webcam:x', '--out', 'o', '--no-show'],
        ['webcam:77', '--out', 'o', '--no-show'],
        ['webcam:99999999999999', '--out', 'o', '--no-show'],
        ['webcam:', '--out', 'o', '--no-show'],
        ['picture.png', '--out', 'o', '--no-show'],
        ['text.mp4', '--out', 'o', '--no-show'],
    ],
    ids=' '.join)
def test_wrong_use_is_a_message(webcam, words, capsys):
    Path('text.mp4').write_text('hello')
    assert webcam(*words) == 2
    message = capsys.readouterr().err
    assert 'error: ' in message and 'Traceback' not in message
