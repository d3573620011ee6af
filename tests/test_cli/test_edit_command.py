"""`mmfermtl edit`: one expression, a sweep, a grid, and wrong use."""
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_faces import picture
from PIL import Image
from tiny_weights import CLASSES, write_weights

from mmfermtl.cli.main import main

BOXES = '10,20,70,80;120,20,180,80'


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """Run the subcommand in a folder with a photograph of two faces."""
    monkeypatch.chdir(tmp_path)
    write_weights('tiny.safetensors')
    cv2.imwrite('me.png', picture((10, 20, 60, 250), (120, 20, 60, 190)))

    def run(*words, faces=BOXES, model='tiny.safetensors'):
        try:
            return main([
                'edit', *words, '--model', model, '--device', 'cpu', '--faces',
                faces
            ])
        except SystemExit as end:
            return end.code

    return run


def changed():
    """Columns of the photograph that differ in `new.png`."""
    before, after = cv2.imread('me.png'), cv2.imread('new.png')
    assert before.shape == after.shape
    return np.flatnonzero((before != after).any(axis=(0, 2)))


def test_the_chosen_face_is_edited(edit, capsys):
    words = ['me.png', '--to', 'happiness=.7', '--out', 'new.png']
    assert edit(*words, '--face', '2') == 0
    columns = changed()
    assert len(columns) and columns.min() >= 120 and columns.max() < 180
    text = capsys.readouterr().out
    assert 'before: ' in text and 'after: ' in text and 'grey' in text
    assert edit(*words, '--face', '1') == 0
    assert changed().max() < 70


def test_the_largest_face_is_the_default(edit, capsys):
    assert edit(
        'me.png',
        '--to',
        'fear',
        '--out',
        'new.png',
        faces='10,20,60,70;120,20,180,80') == 0
    assert '2 faces; this is face 2' in capsys.readouterr().out
    assert changed().min() >= 120


def test_without_an_expression_all_are_shown(edit):
    assert edit('me.png', '--face', '1') == 0
    grid = cv2.imread('work_dirs/edit/me/grid.png')
    # Three columns; the photograph and all expressions in two rows.
    assert grid.shape[1] % 3 == 0 and grid.shape[0] == 2 * 276
    assert len(CLASSES) + 1 == 5


def test_sweeps_are_strips_or_animations(edit):
    words = ['me.png', '--to', 'anger', '--sweep', '4', '--face', '1']
    assert edit(*words) == 0
    strip = cv2.imread('work_dirs/edit/me/anger_sweep.png')
    assert strip.shape[1] % 4 == 0 and strip.shape[0] == 276
    # A longer one is wrapped.
    words[4] = '40'
    assert edit(*words, '--out', 'a.webp') == 0
    strip = cv2.imread('a.webp')
    assert strip.shape[1] % 16 == 0 and strip.shape[0] == 3 * 276
    words[4] = '4'
    assert edit(*words, '--out', 'a.gif') == 0
    with Image.open('a.gif') as image:
        assert image.format == 'GIF'  # equal frames are one


WRONG = [
    ['missing.png'],
    ['me.png', '--to', 'joyful'],
    ['me.png', '--to', 'happiness=2'],
    ['me.png', '--to', 'happiness=x'],
    ['me.png', '--to', 'happiness=nan'],
    ['me.png', '--to', 'happiness=.9,anger=.9'],
    ['me.png', '--to', '='],
    ['me.png', '--to', 'fear', '--face', '3'],
    ['me.png', '--to', 'fear', '--face', '0'],
    ['me.png', '--to', 'fear', '--face', 'x'],
    ['me.png', '--to', 'fear', '--all'],
    ['me.png', '--sweep', '4'],
    ['me.png', '--to', 'fear', '--sweep', '1'],
    ['me.png', '--to', 'fear', '--sweep', '100000'],
    ['me.png', '--to', 'fear', '--out', 'a.txt'],
    ['me.png', '--to', 'fear', '--out', 'a.gif'],
    ['me.png', '--to', 'fear', '--out', '.'],
    ['me.png', '--to', 'fear', '--out', 'me.png/a.png'],
    ['me.png', '--to', 'fear', '--out', 'me.png'],
    ['me.png', '--to', ''],
    ['me.png', '--to', 'fear=-.1'],
    ['me.png', '--to', 'fear==1'],
    ['me.png', '--to', 'fear=.5,fear=.5'],
    ['me.png', '--to', 'fear', '--face', '-1'],
    ['me.png', '--to', 'fear', '--sweep', 'x'],
    ['.', '--to', 'fear'],
    ['text.png', '--to', 'fear'],
]


@pytest.mark.parametrize('words', WRONG, ids=' '.join)
def test_wrong_use_is_a_message(edit, words, capsys):
    Path('text.png').write_text('hello')
    before = sorted(Path().iterdir())
    assert edit(*words) == 2
    message = capsys.readouterr().err
    assert 'error: ' in message and 'Traceback' not in message
    assert [p for p in sorted(Path().iterdir())
            if p not in before] in ([], [Path('work_dirs')])
    assert not list(Path().glob('work_dirs/**/*.png'))


def test_networks_without_generator_are_refused(edit, capsys):
    write_weights('half.safetensors', generator=False)
    assert edit('me.png', '--to', 'fear', model='half.safetensors') == 2
    assert 'no generator' in capsys.readouterr().err


def test_a_photograph_without_a_face_is_code_1(edit, capsys, monkeypatch):
    from fake_faces import FakeDetector

    from mmfermtl.inference import reader_options
    original = reader_options.FaceFinder
    monkeypatch.setattr(
        reader_options,
        'FaceFinder', lambda size, faces, crop, detector: original(
            size, faces, crop, FakeDetector))
    cv2.imwrite('none.png', picture())
    assert edit('none.png', '--to', 'fear', faces='detect') == 1
    assert 'no_face' in capsys.readouterr().out
