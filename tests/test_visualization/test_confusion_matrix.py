import cv2
import numpy as np

from mmfermtl.visualization.confusion_matrix import draw_confusion_matrix


def test_confusion_matrix(tmp_path):
    paths = [str(tmp_path / name) for name in ('a.png', 'b.png')]
    for path, confusion in zip(paths, ([[5, 1], [0, 0]], [[0, 6], [0, 0]])):
        draw_confusion_matrix(confusion, ('fear', 'anger'), path, 'title')
    images = [cv2.imread(path) for path in paths]
    assert images[0].shape == images[1].shape
    assert not np.array_equal(*images)
