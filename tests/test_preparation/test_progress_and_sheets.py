"""Progress bar and contact sheets of a preparation."""
import io
import os

import cv2
import numpy as np

from mmfermtl.preparation.tree_results import write_contact_sheets
from mmfermtl.utils.progress import Progress
from mmfermtl.visualization.dataset_pages import Tile


def test_pages_of_contact_sheets(tmp_path):
    tile = Tile([np.zeros((110, 110), np.uint8)], ['S005/001', 'frame 3'])
    names = write_contact_sheets(str(tmp_path), 41, iter([tile] * 41))
    assert names == ['doubtful_001.png', 'doubtful_002.png']
    widths = [cv2.imread(str(tmp_path / name)).shape[1] for name in names]
    assert widths == [16 + 8 * (220 + 16), 16 + (220 + 16)]
    assert write_contact_sheets(str(tmp_path), 1,
                                iter([tile])) == ['doubtful.png']
    assert os.listdir(tmp_path) == ['doubtful.png']
    write_contact_sheets(str(tmp_path), 0, iter([]))
    assert os.listdir(tmp_path) == []


def test_progress():
    now = [0.]
    stream = io.StringIO()
    progress = Progress(100, 'preparing', stream, lambda: now[0])
    for second in range(1, 11):
        now[0] = second
        progress.advance(5)
    lines = stream.getvalue().splitlines()
    assert lines == [
        'preparing: 25/100 images, 5.0 images/s, 0:00:15 left',
        'preparing: 50/100 images, 5.0 images/s, 0:00:10 left'
    ]
    now[0] = 11
    progress.advance(50)
    assert '100/100' in stream.getvalue().splitlines()[-1]


def test_progress_on_a_terminal():
    stream = io.StringIO()
    stream.isatty = lambda: True
    progress = Progress(20, 'preparing', stream, iter([0., 1., 2.]).__next__)
    progress.advance(10)
    progress.advance(10)
    progress.close()
    one, two = stream.getvalue().split('\r')[1:]
    assert one == ('preparing: 10/20 images, 10.0 images/s, 0:00:01 left'
                   '\033[K')
    assert '20/20' in two and two.endswith('\n')
