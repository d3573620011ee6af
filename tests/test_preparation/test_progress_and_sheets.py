"""Contact sheets of a preparation."""
import os

import cv2
import numpy as np

from mmfermtl.preparation.tree_results import write_contact_sheets
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
