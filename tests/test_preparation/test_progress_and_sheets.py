"""Pages of doubtful crops."""
import os

import cv2
import numpy as np

from mmfermtl.preparation.contact_sheet import (DoubtfulCrop,
                                                write_contact_sheets)


def test_pages_of_contact_sheets(tmp_path):
    crop = DoubtfulCrop('S005/001', 3, ['2 faces'], np.zeros((110, 110), 'u1'))
    names = write_contact_sheets(str(tmp_path), 61, iter([crop] * 61))
    assert names == ['doubtful_001.png', 'doubtful_002.png']
    assert cv2.imread(str(tmp_path / names[0])).shape == (12 + 6 * 192,
                                                          12 + 1400, 3)
    assert cv2.imread(str(tmp_path / names[1])).shape == (204, 152, 3)
    assert write_contact_sheets(str(tmp_path), 1,
                                iter([crop])) == ['doubtful.png']
    assert os.listdir(tmp_path) == ['doubtful.png']
    write_contact_sheets(str(tmp_path), 0, iter([]))
    assert os.listdir(tmp_path) == []
