"""`mmfermtl predict`: files, codes, and runs that go on."""
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
from prediction_files import read_rows, write_film
from toy_exports import ROWS, SIDE, write_toy_export

from mmfermtl.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


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


def test_folders_with_equal_names_are_not_mixed(predict, capsys):
    for name in 'ab':
        Path(name, 'photos').mkdir(parents=True)
        cv2.imwrite(f'{name}/photos/1.png', picture((10, 20, 60, 200)))
    assert predict('a/photos', '--no-draw') == 0
    # The glob names the same pictures.
    assert predict('a/photos/*.png', '--no-draw') == 0
    assert '1 pictures were finished before' in capsys.readouterr().out
    for source in ('b/photos', 'b/photos/*.png'):
        assert predict(source, '--no-draw') == 2
        text = capsys.readouterr().err
        assert os.path.realpath('a/photos') in text
        assert os.path.realpath('b/photos') in text
    assert predict('b/photos', '--no-draw', '--overwrite') == 0
    assert os.listdir('work_dirs/predict') == ['photos']


def test_results_are_no_input(predict):
    Path('photos').mkdir()
    for i in range(2):
        cv2.imwrite(f'photos/{i}.png', picture((10, 20, 60, 200)))
    names = ['photos/0.png', 'photos/1.png']
    for _ in range(3):
        assert predict('.') == 0
        rows = read_rows('work_dirs/predict/' + Path.cwd().name)
        assert [row['file'] for row in rows] == names
    # Results beside the photographs.
    for source in ('photos', 'photos', 'photos/**/*.png'):
        assert predict(source, '--out', 'photos') == 0
        rows = read_rows('photos')
        assert [row['file'] for row in rows] == ['0.png', '1.png']
    # A folder of that name without results is one as any.
    Path('photos/more/pictures').mkdir(parents=True)
    cv2.imwrite('photos/more/pictures/2.png', picture((10, 20, 60, 200)))
    assert predict('photos', '--out', 'photos') == 0
    assert len(read_rows('photos')) == 3


def test_several_photographs(predict, capsys):
    Path('photos/below').mkdir(parents=True)
    paths = ['photos/1.png', 'photos/0.png', 'photos/below/2.png']
    for path in paths:
        cv2.imwrite(path, picture((10, 20, 60, 200)))
    # As a shell gives them for photos/*.png.
    assert predict(*paths[:2]) == 0
    rows = read_rows('work_dirs/predict/photos')
    assert [row['file'] for row in rows] == ['0.png', '1.png']
    # The same names as those of the folder, which goes on.
    assert predict('photos') == 0
    assert '2 pictures were finished before' in capsys.readouterr().out
    rows = read_rows('work_dirs/predict/photos')
    assert [r['file'] for r in rows] == ['0.png', '1.png', 'below/2.png']
    for other in ('photos', 'film.mp4', 'missing.png'):
        assert predict(paths[0], other) == 2
        assert f'input {other}' in capsys.readouterr().err


@pytest.mark.parametrize('one', ['me.png', 'me.mp4'])
def test_one_picture_replaces_no_folder(predict, one, capsys):
    Path('me').mkdir()
    cv2.imwrite('me/1.png', picture((10, 20, 60, 200)))
    cv2.imwrite('me.png', picture((10, 20, 60, 200)))
    if one.endswith('mp4'):
        pytest.importorskip('av')
        write_film(one)
    assert predict('me', '--no-draw') == 0
    assert predict(one, '--no-draw') == 2
    assert 'many pictures' in capsys.readouterr().err
    assert [r['file'] for r in read_rows('work_dirs/predict/me')] == ['1.png']
    assert predict(one, '--no-draw', '--overwrite') == 0


def test_a_picture_that_failed_is_read_again(predict, capsys):
    Path('faces').mkdir()
    cv2.imwrite('faces/1.png', picture((10, 20, 60, 200)))
    Path('faces/0.png').write_bytes(b'x')
    assert predict('faces', '--no-draw') == 1
    cv2.imwrite('faces/0.png', picture((10, 20, 60, 200)))
    assert predict('faces', '--no-draw') == 0
    rows = read_rows('work_dirs/predict/faces')
    assert [(r['file'], r['status']) for r in rows] == [('1.png', 'ok'),
                                                        ('0.png', 'ok')]


def test_several_films_are_named(predict, capsys):
    pytest.importorskip('av')
    assert predict('clips/*.mp4') == 2
    assert 'one film at a time' in capsys.readouterr().err


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
