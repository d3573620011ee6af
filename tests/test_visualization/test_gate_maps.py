"""Heat maps over images, and the history of the gates."""
import cv2
import numpy as np
import pytest

from mmfermtl.visualization import draw_gate_history, draw_gate_maps


def image() -> np.ndarray:
    return np.full((48, 48), 128, np.uint8)


def warmth(img: np.ndarray) -> np.ndarray:
    """How much more red than blue, ``(H, W)``."""
    return img[..., 2].astype(int) - img[..., 0]


def test_maps_are_bright_where_the_gates_are_open(tmp_path):
    """Only the upper half of the first image is bright."""
    path = str(tmp_path / 'maps.png')
    values = np.zeros((2, 6, 6))
    values[0, :3] = 1
    draw_gate_maps([image(), image()], ['one', 'two'], {'r': values}, path)
    img = cv2.imread(path)
    # The second of two columns, in its middle, without the scale below it.
    strip = warmth(img)[:int(0.85 * len(img)), int(0.75 * img.shape[1])]
    glowing = np.flatnonzero(strip > 40)
    assert len(glowing) > 20
    assert glowing.max() < 0.3 * len(strip)
    # The images themselves are grey.
    grey = img[:, int(0.25 * img.shape[1])]
    assert np.ptp(grey.astype(int), axis=1).max() == 0


def test_one_column_per_gate_and_one_row_per_image(tmp_path):
    sizes = []
    for rows, columns in ((1, 1), (3, 1), (1, 3)):
        path = str(tmp_path / 'maps.png')
        maps = {str(k): np.random.rand(rows, 4, 4) for k in range(columns)}
        draw_gate_maps([image()] * rows, ['a'] * rows, maps, path)
        sizes.append(cv2.imread(path).shape[:2])
    assert sizes[1][0] > sizes[0][0] and sizes[1][1] == sizes[0][1]
    assert sizes[2][1] > sizes[0][1] and sizes[2][0] == sizes[0][0]


def test_colour_images_keep_their_colours(tmp_path):
    path = str(tmp_path / 'maps.png')
    blue = np.zeros((20, 20, 3), np.uint8)
    blue[..., 0] = 255
    draw_gate_maps([blue], ['a'], {'r': np.zeros((1, 2, 2))}, path)
    img = cv2.imread(path)
    assert (img == (255, 0, 0)).all(axis=2).sum() > 500


def row(step: int, **extra) -> dict:
    numbers = dict(r_mean=0.5, r_std=0.1, z_mean=0.4, z_std=0.1)
    return dict(iter=step, epoch=1, points=[dict(to_fer=numbers)], **extra)


def test_history_has_a_panel_for_what_is_there(tmp_path):
    heights = []
    cosine = dict(cosine=-0.2, grad_norm_fer=1., grad_norm_fes=2.)
    flat = dict(row(1, **cosine), points=[])
    for rows in ([row(1), row(2)], [row(1, **cosine),
                                    row(2, cosine=None)], [flat, flat]):
        path = str(tmp_path / 'history.png')
        draw_gate_history(rows, path)
        heights.append(cv2.imread(path).shape[0])
    assert heights[1] > heights[0] == heights[2]


def test_nothing_to_draw_is_an_error(tmp_path):
    path = str(tmp_path / 'no.png')
    with pytest.raises(ValueError, match='no gates and no gradients'):
        draw_gate_history([], path)
    with pytest.raises(ValueError, match='no gates and no gradients'):
        draw_gate_history([dict(row(1), points=[])], path)
