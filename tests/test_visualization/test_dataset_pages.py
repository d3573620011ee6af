"""Pages of labelled images."""
import numpy as np
import pytest

from mmfermtl.visualization import draw_page
from mmfermtl.visualization.dataset_pages import Tile, _font, _shorten


def level(value, shape=(48, 48)):
    return np.full(shape, value, np.uint8)


def has_ink(part):
    """Whether there is a character on white paper."""
    return bool((part.min(-1) < 140).any() and (part.max(-1) > 250).any())


@pytest.mark.parametrize('shape', [(48, 48), (48, 48, 1), (48, 48, 3)])
def test_positions_of_tiles(shape):
    values = [10, 60, 110, 160, 210]
    tiles = [Tile([level(v, shape)], ['anger', 'S010/004']) for v in values]
    page = draw_page(tiles, 3, 'five images')
    assert page.dtype == np.uint8
    # Tiles of 144 px with two lines of 18 and 2 px between, gaps of 16,
    # below a title of 18.
    assert page.shape == (50 + 2 * (182 + 16), 16 + 3 * 160, 3)
    for k, value in enumerate(values):
        row, column = divmod(k, 3)
        y, x = 50 + row * 198, 16 + column * 160
        assert (page[y:y + 144, x:x + 144] == value).all()
        assert has_ink(page[y + 146:y + 164, x:x + 144])
        assert has_ink(page[y + 164:y + 182, x:x + 144])
    assert has_ink(page[16:34])
    assert (page[50 + 198:, 16 + 2 * 160:] == 255).all()


def test_pixels_are_not_changed():
    """Enlarged without smoothing; colours keep their order."""
    image = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    page = draw_page([Tile([image], [])], 1, '')
    shown = page[50:50 + 144, 16:16 + 144]
    assert (shown[1::3, 1::3] == image).all()
    assert (shown[::3, ::3] == image).all()


@pytest.mark.parametrize('side, shown', [(48, 144), (96, 192), (110, 220),
                                         (144, 144), (500, 288)])
def test_enlarged_by_whole_factors_or_shrunk(side, shown):
    page = draw_page([Tile([level(7, (side, side))], [])], 1, '')
    assert ((page == 7).all(-1).sum()) == shown**2


def test_images_side_by_side_and_one_missing():
    tile = Tile([level(9), None, level(90)], ['fear → anger'], ['a', 'b', 'c'])
    page = draw_page([tile], 2, 'pairs')
    assert page.shape[1] == 2 * 16 + 3 * 148 - 4
    middle = page[50 + 18:][:144, 16 + 148:][:, :144]
    assert has_ink(middle)
    assert (page[50 + 18 + 70, 16 + 10] == 9).all()
    assert (page[50 + 18 + 70, 16 + 2 * 148 + 10] == 90).all()


def test_long_text_is_cut_in_its_middle():
    assert _shorten('S010/004', 144) == 'S010/004'
    short = _shorten('P001/Strong_VL_Happiness_session_2', 144)
    assert _font().getlength(short) <= 144
    assert short.startswith('P001/') and short.endswith('_2')
    assert '…' in short


def test_other_scripts_are_written():
    """Not as question marks: different names give different images."""
    pages = [
        draw_page([Tile([level(200)], [name])], 1, '')
        for name in ('Zoë', 'Zoé', 'Анна')
    ]
    assert (pages[0] != pages[1]).any() and (pages[1] != pages[2]).any()
