"""Figures of calibrations."""
import cv2
import numpy as np

from mmfermtl.visualization.reliability_diagram import (ReliabilityCurves,
                                                        draw_reliability)


def test_a_row_for_each_set(tmp_path):
    line = np.linspace(0, 1, 7)
    one = ReliabilityCurves('test', (line, line**2), (line, line),
                            (line, 1 - line / 2),
                            (np.array([.8, .9]), np.array([.82, .88])),
                            [1.2, 2.5])
    sizes = []
    for number in (1, 2):
        path = str(tmp_path / f'{number}.png')
        draw_reliability([one] * number, path)
        sizes.append(cv2.imread(path).shape)
    assert sizes[1][0] > 1.5 * sizes[0][0] and sizes[0][1] == sizes[1][1]
