"""The grid of generated images."""
import numpy as np
import pytest

from mmfermtl.visualization import draw_expression_grid


@pytest.mark.parametrize('shape', [(48, 48), (48, 48, 1), (32, 32, 3)])
def test_every_image_is_in_its_cell(shape):
    """Each generated image has another grey level, found in its cell."""
    levels = [[20 * (3 * r + c) + 20 for c in range(3)] for r in range(2)]
    generated = [[np.full(shape, v, np.uint8) for v in row] for row in levels]
    real = [[np.full(shape, 250, np.uint8), None, None] for _ in range(2)]
    sources = [np.full(shape, v, np.uint8) for v in (5, 10)]
    grid = draw_expression_grid(
        sources, generated, real, ['a', 'b', 'c'], [0, 2], cell=60)
    assert grid.dtype == np.uint8 and grid.ndim == 3
    # Header 22, then rows of 60 with 6 between; columns likewise.
    for r in range(2):
        y = 22 + 2 * r * 66 + 30
        row = grid[y, 36::66, 0].tolist()
        assert row[:4] == [(5, 10)[r], *levels[r]]
    below = grid[22 + 66 + 30]
    assert below[36 + 66, 0] == 250


def test_the_source_expression_is_framed():
    image = np.full((48, 48), 255, np.uint8)
    grids = [
        draw_expression_grid([image], [[image] * 2], [[image] * 2], ['a', 'b'],
                             [label],
                             cell=60) for label in (0, 1)
    ]
    for label in (0, 1):
        dark = [(grids[label][88:, 66 * (c + 1) + 6:66 * (c + 2)] < 128).sum()
                for c in (0, 1)]
        assert dark[label] > 300 and dark[1 - label] == 0
