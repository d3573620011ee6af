"""Wrong use of `mmfermtl predict`: each a message, and code 2."""
import os

import cv2
import pytest
from fake_faces import picture
from prediction_files import write_film

from mmfermtl.cli.main import main

#: Wrong use: a message, code 2, and no result.
WRONG = [
    ['missing.png'],
    ['missing.mp4'],
    ['nothing/*.png'],
    [''],
    ['emptyfolder'],
    ['pipe.mp4'],
    ['http://host/me.png'],
    ['\0'],
    ['~'],
    ['me.png', '--workers', '0'],
    ['me.png', '--workers', 'x'],
    ['me.png', '--batch-size', '0'],
    ['me.png', '--batch-size', '-3'],
    ['me.png', '--coverage', '1.5'],
    ['me.png', '--coverage', 'nan'],
    ['me.png', '--coverage', '0'],
    ['me.png', '--coverage', 'x'],
    ['me.png', '--smooth', '-1'],
    ['me.png', '--smooth', 'nan'],
    ['film.mp4', '--every', '0'],
    ['film.mp4', '--fps', '0'],
    ['film.mp4', '--every', '1.5'],
    ['film.mp4', '--fps', 'inf'],
    ['film.mp4', '--fps', 'nan'],
    ['film.mp4', '--smooth', 'inf'],
    ['me.png', '--faces', '1,2,3'],
    ['me.png', '--faces', '9,9,1,1'],
    ['me.png', '--faces', '0,0,nan,9'],
    ['me.png', '--faces', '0,0,inf,9'],
    ['me.png', '--faces', '0,0,1e300,1e300'],
    ['me.png', '--faces', '1,1,1,1'],
    ['me.png', '--faces', '0,0,9,9;'],
    ['me.png', '--faces', ''],
    ['me.png', '--faces', 'all'],
    ['me.png', '--crop', 'tight'],
    ['me.png', '--backend', 'tf'],
    ['me.png', '--precision', 'int4'],
    ['me.png', '--precision', 'int8'],
    ['me.png', '--backend', 'onnx'],
    ['me.png', '--device', 'tpu:0'],
    ['me.png', '--device', 'cuda:99'],
    ['me.png', '--device', 'meta'],
    ['me.png', '--device', ''],
    ['me.png', '--model', ''],
    ['me.png', '--model', '/'],
    ['me.png', '--model', 'config.py'],
    ['me.png', '--model', 'http://host/a.safetensors'],
    ['me.png', '--model', 'nothing'],
    ['me.png', '--model', 'missing.safetensors'],
    ['me.png', '--model', 'me.png'],
    ['me.png', '--weights', 'missing.pth'],
    ['me.png', '--out', 'me.png'],
    ['me.png', '--out', 'me.png/below'],
    ['me.png', '--out', '/dev/null'],
    ['me.png', '--out', '/proc/none'],
    ['me.png', '--bogus'],
    ['me.png', 'second.png'],
    ['me.png', '--every', '2'],
    ['me.png', '--fps', '5'],
    ['me.png', '--smooth', '1'],
    [],
]


@pytest.mark.parametrize('words', WRONG, ids=' '.join)
def test_wrong_use_is_a_message(predict, words, tmp_path, capsys, request):
    cv2.imwrite('me.png', picture())
    (tmp_path / 'emptyfolder').mkdir()
    os.mkfifo('pipe.mp4')
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


@pytest.mark.parametrize('words, wanted', [
    (['--modell', 'x'], 'did you mean --model?'),
    (['--model', 'me.png'], '--model CONFIG.py --weights me.png'),
    (['--model', 'fermtl_tiny_ferpluss'], 'did you mean fermtl_tiny_ferplus'),
    (['--model', 'folder'], 'found a folder without model.json'),
])
def test_messages_say_what_is_near(words, wanted, tmp_path, monkeypatch,
                                   capsys):
    monkeypatch.chdir(tmp_path)
    cv2.imwrite('me.png', picture())
    os.mkdir('folder')
    with pytest.raises(SystemExit) as end:
        main(['predict', 'me.png', '--faces', 'whole', *words])
    assert end.value.code == 2
    message = capsys.readouterr().err
    assert wanted in message
    if '--modell' in words:
        assert 'usage: mmfermtl predict' in message


@pytest.mark.parametrize('command', ['edit', 'explain'])
@pytest.mark.parametrize('name', ['folder', 'film.mp4'])
def test_one_photograph_at_a_time(command, name, tmp_path, monkeypatch,
                                  capsys):
    monkeypatch.chdir(tmp_path)
    os.mkdir('folder')
    (tmp_path / 'film.mp4').touch()
    with pytest.raises(SystemExit) as end:
        main([command, name])
    assert end.value.code == 2
    assert 'one at a time' in ' '.join(capsys.readouterr().err.split())
    assert not os.path.exists('work_dirs')
