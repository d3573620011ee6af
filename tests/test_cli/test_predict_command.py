"""`mmfermtl predict`: files, codes, and every kind of bad input."""
import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_faces import picture
from tiny_weights import write_weights
from toy_exports import ROWS, SIDE, write_toy_export

from mmfermtl.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp('weights')
    return write_weights(str(folder / 'tiny.safetensors'))


@pytest.fixture
def predict(weights, tmp_path, monkeypatch):
    """Run the subcommand in an empty folder; return its exit code."""
    monkeypatch.chdir(tmp_path)
    # No detector that happens to be on this machine.
    monkeypatch.setenv('MMFERMTL_FACE_MODEL', str(tmp_path / 'no_model.onnx'))

    def run(*words, faces='whole'):
        options = ['--model', weights, '--device', 'cpu']
        if faces:
            options += ['--faces', faces]
        try:
            return main(['predict', *words, *options])
        except SystemExit as end:
            return end.code

    return run


def read_rows(folder):
    with open(
            Path(folder) / 'predictions.csv', encoding='utf-8',
            newline='') as file:
        return list(csv.DictReader(file))


def write_film(path, count=6):
    from mmfermtl.inference.film_writer import FilmWriter
    with FilmWriter(str(path), 10.) as writer:
        for i in range(count):
            writer.write(picture((10 + i, 20, 50, 250)), i / 10)


def test_a_photograph(predict, tmp_path, capsys):
    cv2.imwrite('me.png', picture((10, 20, 60, 255), (120, 20, 50, 128)))
    boxes = '10,20,70,80;120,20,170,70'
    assert predict('me.png', faces=boxes) == 0
    text = capsys.readouterr().out
    folder = Path('work_dirs', 'predict', 'me')
    assert 'face 1: ' in text and 'face 2: ' in text
    assert 'not calibrated' in text and str(folder) in text
    rows = read_rows(folder)
    assert [row['box'] for row in rows
            ] == ['10.0 20.0 70.0 80.0', '120.0 20.0 170.0 70.0']
    assert (folder / 'pictures' / 'me.png').is_file()
    with open(folder / 'predictions.jsonl', encoding='utf-8') as file:
        assert len([json.loads(line) for line in file]) == 2
    # Again: the files are written anew.
    assert predict('me.png', faces=boxes) == 0
    assert len(read_rows(folder)) == 2


def test_a_folder_goes_on(predict, tmp_path, capsys):
    (tmp_path / 'faces').mkdir()
    for i in range(5):
        cv2.imwrite(f'faces/{i}.png', picture((10, 20, 60, 50 * i)))
    assert predict('faces', '--out', 'out', '--no-draw') == 0
    assert not Path('out', 'pictures').exists()
    cv2.imwrite('faces/new.png', picture((10, 20, 60, 50)))
    assert predict('faces', '--out', 'out', '--no-draw') == 0
    assert '5 pictures were finished before' in capsys.readouterr().out
    names = [f'{i}.png' for i in range(5)] + ['new.png']
    assert [row['file'] for row in read_rows('out')] == names
    # Other options are not mixed in.
    assert predict('faces', '--out', 'out') == 2
    assert '--overwrite' in capsys.readouterr().err
    assert predict('faces', '--out', 'out', '--overwrite') == 0
    assert [row['file'] for row in read_rows('out')] == names


def test_a_film(predict, tmp_path, capsys):
    pytest.importorskip('av')
    write_film('film.mp4')
    assert predict('film.mp4', '--every', '2', '--smooth', '.5') == 0
    text = capsys.readouterr().out
    assert '3 frames, 3 faces in 1 tracks' in text and 'share' in text
    folder = Path('work_dirs', 'predict', 'film')
    assert [row['frame'] for row in read_rows(folder)] == ['0', '2', '4']
    for name in ('annotated.mp4', 'timeline.png', 'summary.json'):
        assert (folder / name).is_file()


def test_a_broken_picture_is_a_row_and_code_1(predict, capsys):
    Path('bad.png').write_bytes(b'x' * 100)
    assert predict('bad.png') == 1
    row, = read_rows('work_dirs/predict/bad')
    assert row['status'] == 'error' and 'bad.png' in row['note']
    assert 'error: bad.png' in capsys.readouterr().out


def test_a_missing_detector_says_how_to_get_it(predict, capsys):
    cv2.imwrite('me.png', picture())
    assert predict('me.png', faces=None) == 2
    assert 'no_model.onnx' in capsys.readouterr().err


def test_the_recogniser_in_int8_is_chosen(predict, tmp_path):
    """That of the toy answers the contrary of the other one."""
    face = np.zeros((SIDE, SIDE), np.uint8)
    first, last = ROWS[2]
    face[first:last] = 255
    cv2.imwrite('me.png', face)
    parts = ('recogniser', 'recogniser_int8')
    options = ['--model', write_toy_export('toy', parts=parts), '--out', 'out']
    found = []
    for precision in ('float32', 'int8'):
        words = ['me.png', '--faces', 'whole', '--precision', precision]
        assert main(['predict', *words, *options]) == 0
        row, = read_rows('out')
        found.append([float(v) for k, v in row.items() if k[:2] == 'p_'])
    assert np.argmax(found[0]) == np.argmin(found[1]) == 2


def png(array):
    return cv2.imencode('.png', array)[1].tobytes()


#: Files that are no sound pictures or films: a row each, and code 1.
BROKEN = {
    'empty.png': b'',
    'text.png': b'hello',
    'zeros.png': b'\0' * 4096,
    'cut.png': png(picture())[:80],
    'cut.jpg': cv2.imencode('.jpg', picture())[1].tobytes()[:300],
    'header.jpg': b'\xff\xd8\xff\xe0',
    'html.jpg': b'<html><body>404</body></html>',
    'pointer.png': b'version https://git-lfs.github.com/spec/v1\n',
    'gif.gif': b'GIF89a',
    'bmp.bmp': b'BM' + b'\0' * 20,
    'tiff.tif': b'II*\0\xff\xff\xff\x7f',
    'webp.webp': b'RIFF\x10\0\0\0WEBPVP8 ',
    'huge.ppm': b'P6 90000 90000 255\n',
    'negative.pgm': b'P5 -3 4 255\n',
    'floats.tif': None,
    'empty.mp4': b'',
    'text.mp4': b'hello',
    'zeros.mkv': b'\0' * 4096,
    'png.avi': png(picture()),
    'cut.mp4': b'\0\0\0\x18ftypmp42',
    'list.mp4': b'#EXTM3U\n/etc/passwd\n',
    'none.webm': b'\x1aE\xdf\xa3',
}


@pytest.mark.parametrize('name', sorted(BROKEN))
def test_broken_files_are_rows(predict, name):
    if BROKEN[name] is None:
        values = np.full((9, 9), np.nan, np.float32)
        cv2.imwrite(name, values)
    else:
        Path(name).write_bytes(BROKEN[name])
    assert predict(name, '--out', 'out') == 1
    row, = read_rows('out')
    assert row['status'] == 'error' and row['note']


#: Pictures that are odd, but sound: code 0.
ODD = {
    'one.png': png(np.zeros((1, 1, 3), np.uint8)),
    'line.png': png(np.zeros((1, 500), np.uint8)),
    'column.png': png(np.zeros((500, 1, 3), np.uint8)),
    'alpha.png': png(np.zeros((9, 9, 4), np.uint8)),
    'deep.png': png(np.full((9, 9), 60000, np.uint16)),
    'name with = , " and ä.png': png(picture()),
    '=1+1.png': png(picture()),
    'jpeg.png': cv2.imencode('.jpg', picture())[1].tobytes(),
}


@pytest.mark.parametrize('name', sorted(ODD))
def test_odd_pictures_are_read(predict, name):
    Path(name).write_bytes(ODD[name])
    assert predict(f'./{name}', '--out', 'out') == 0
    row, = read_rows('out')
    assert row['status'] == 'ok' and row['file'] == name


#: Wrong use: a message, code 2, and no result.
WRONG = [
    ['missing.png'],
    ['missing.mp4'],
    ['nothing/*.png'],
    [''],
    ['emptyfolder'],
    ['me.png', '--workers', '0'],
    ['me.png', '--workers', 'x'],
    ['me.png', '--batch-size', '0'],
    ['me.png', '--batch-size', '-3'],
    ['me.png', '--coverage', '1.5'],
    ['me.png', '--coverage', 'nan'],
    ['me.png', '--smooth', '-1'],
    ['me.png', '--smooth', 'nan'],
    ['film.mp4', '--every', '0'],
    ['film.mp4', '--fps', '0'],
    ['film.mp4', '--fps', 'inf'],
    ['me.png', '--faces', '1,2,3'],
    ['me.png', '--faces', '9,9,1,1'],
    ['me.png', '--faces', '0,0,nan,9'],
    ['me.png', '--faces', 'all'],
    ['me.png', '--crop', 'tight'],
    ['me.png', '--backend', 'tf'],
    ['me.png', '--precision', 'int4'],
    ['me.png', '--precision', 'int8'],
    ['me.png', '--device', 'tpu:0'],
    ['me.png', '--model', 'nothing'],
    ['me.png', '--model', 'missing.safetensors'],
    ['me.png', '--model', 'me.png'],
    ['me.png', '--weights', 'missing.pth'],
    ['me.png', '--out', 'me.png'],
    ['me.png', '--out', 'me.png/below'],
    ['me.png', '--bogus'],
    ['me.png', 'second.png'],
    [],
]


@pytest.mark.parametrize('words', WRONG, ids=' '.join)
def test_wrong_use_is_a_message(predict, words, tmp_path, capsys, request):
    cv2.imwrite('me.png', picture())
    (tmp_path / 'emptyfolder').mkdir()
    if 'film.mp4' in words:
        pytest.importorskip('av')
        write_film('film.mp4', 2)
    # The given options come last, and win.
    if '--faces' in words or '--model' in words or '--device' in words:
        weights = request.getfixturevalue('weights')
        options = dict(zip(words[1::2], words[2::2]))
        defaults = {'--faces': 'whole', '--model': weights, '--device': 'cpu'}
        filled = [
            word for pair in {
                **defaults,
                **options
            }.items() for word in pair
        ]
        with pytest.raises(SystemExit) as end:
            main(['predict', words[0], *filled])
        code = end.value.code
    else:
        code = predict(*words)
    message = capsys.readouterr().err
    assert code == 2, message
    assert 'error: ' in message and 'Traceback' not in message
    assert not list(tmp_path.glob('work_dirs/**/*.csv'))


def test_a_killed_run_is_taken_up_again(weights, tmp_path):
    """Every picture has its rows once, whenever the run was killed."""
    (tmp_path / 'faces').mkdir()
    names = [f'{i:03}.png' for i in range(40)]
    for i, name in enumerate(names):
        cv2.imwrite(
            str(tmp_path / 'faces' / name), picture((10, 20, 60, 6 * i)))
    command = [
        sys.executable, '-m', 'mmfermtl.cli', 'predict', 'faces', '--out',
        'out', '--model', weights, '--faces', 'whole', '--device', 'cpu',
        '--batch-size', '1'
    ]
    environment = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1')
    journal = tmp_path / 'out' / '.journal.jsonl'
    for wanted in (5, 17):
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            # Looks until the run is so far, or has ended.
            while process.poll() is None:
                if journal.exists() and len(
                        journal.read_bytes().splitlines()) > wanted:
                    break
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert [row['file'] for row in read_rows(tmp_path / 'out')] == names
