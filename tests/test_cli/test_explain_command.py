"""`mmfermtl explain`: the picture, the words, and wrong use."""
import cv2
import numpy as np
import pytest
from PIL import Image
from toy_exports import CLASSES, ROWS, SIDE, write_toy_export

from mmfermtl.cli.main import main
from mmfermtl.inference.edited_pictures import EXPLAINED


@pytest.fixture
def explain(tmp_path, monkeypatch):
    """Run the subcommand in a folder with a picture of `happiness`."""
    monkeypatch.chdir(tmp_path)
    write_toy_export('toy')
    face = np.full((SIDE, SIDE), 90, np.uint8)
    face[slice(*ROWS[2])] += 60
    cv2.imwrite('me.png', cv2.resize(face, None, fx=4, fy=4))

    def run(*words):
        try:
            return main([
                'explain', 'me.png', *words, '--model', 'toy', '--faces',
                'whole'
            ])
        except SystemExit as end:
            return end.code

    return run


def test_one_expression(explain, capsys):
    assert explain('--to', 'anger', '--out', 'new.png') == 0
    text = capsys.readouterr().out
    assert 'read: happiness' in text and '\nanger 0.' in text
    assert 'grey levels' in text and 'new.png' in text
    with Image.open('new.png') as image:
        assert image.text['Description'] == EXPLAINED
    picture = cv2.imread('new.png').astype(int)
    # The photograph beside the drawing, which is orange on the forehead of
    # anger, and blue on the mouth of happiness.
    drawn = picture[20:, picture.shape[1] // 2:]
    side = drawn.shape[1]
    for rows, redder in ((ROWS[0], True), (ROWS[2], False)):
        place = int(sum(rows) / 2 * side / SIDE)
        blue, _, red = drawn[place, side // 2]
        assert (red > blue) == redder and abs(red - blue) > 50


def test_the_next_and_all_expressions(explain, capsys):
    assert explain() == 0
    assert sum(f'\n{name} ' in capsys.readouterr().out
               for name in CLASSES) <= 1
    one = cv2.imread('work_dirs/explain/me/next.png').shape
    assert explain('--all') == 0
    text = capsys.readouterr().out
    assert all(f'\n{name} 0.' in text for name in CLASSES
               if name != 'happiness')
    every = cv2.imread('work_dirs/explain/me/all.png').shape
    assert every[1] == 2 * one[1]


@pytest.mark.parametrize('words, message', [
    (['--to', 'happiness'], 'is read as happiness'),
    (['--to', 'hunger'], "expression 'hunger': expected one of"),
    (['--to', 'anger', '--all'], 'not allowed with'),
    (['--out', 'new.gif'], 'new.gif'),
    (['--out', 'me.png'], 'the photograph itself'),
    (['--face', '2'], '--face 2: found 1'),
])
def test_wrong_use(words, message, explain, capsys):
    assert explain(*words) == 2
    assert message in capsys.readouterr().err
