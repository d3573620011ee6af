"""Draw pages of labelled images."""
import os.path as osp
from functools import lru_cache
from typing import NamedTuple, Optional, Sequence

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

#: Images are enlarged by whole factors to at least this many pixels.
MIN_SIDE = 144
#: Larger images, such as whole frames, are shrunk to this many.
MAX_SIDE = 288
#: RGB of the first line of a caption, and of the others.
_INK = (30, 30, 30)
_FAINT = (110, 110, 110)
#: Pixels between tiles, of the font, and of a line of text.
_GAP = 16
_TEXT = 14
_LINE = 18


class Tile(NamedTuple):
    """Images that belong together, and their captions."""

    #: ``(H, W)`` or ``(H, W, 3)`` BGR, uint8; None leaves a blank.
    images: Sequence[Optional[np.ndarray]]
    #: Lines below the images.
    lines: Sequence[str]
    #: A word above each image, or none at all.
    titles: Sequence[str] = ()


def draw_page(tiles: Sequence[Tile], columns: int, title: str) -> np.ndarray:
    """Draw tiles row by row, with a title above.

    Small images are enlarged without smoothing, so that single pixels are
    visible; those of more than 288 px are shrunk.

    Args:
        tiles (Sequence[Tile]): At least one.
        columns (int): Tiles per row, at least one.
        title (str): In any script that the font DejaVu Sans contains.

    Returns:
        np.ndarray: ``(H, W, 3)`` BGR, uint8.

    Examples:
        >>> import numpy as np
        >>> image = np.zeros((48, 48), np.uint8)
        >>> draw_page([Tile([image], ['anger'])], 1, 'a page').shape
        (230, 176, 3)
    """
    parts = [_draw_tile(tile) for tile in tiles]
    width = max(part.width for part in parts)
    height = max(part.height for part in parts)
    columns = min(columns, len(parts))
    rows = -(-len(parts) // columns)
    head = _LINE + _GAP
    right, down = width + _GAP, height + _GAP
    size = _GAP + columns * right, _GAP + head + rows * down
    page = Image.new('RGB', size, 'white')
    _write(page, title, (_GAP, _GAP), page.width - 2 * _GAP)
    for k, part in enumerate(parts):
        row, column = divmod(k, columns)
        page.paste(part, (_GAP + column * right, _GAP + head + row * down))
    # OpenCV cannot write a view with negative strides.
    return np.ascontiguousarray(np.asarray(page)[..., ::-1])


def _draw_tile(tile: Tile) -> Image.Image:
    """Draw the images of a tile side by side, with its text."""
    images = [i if i is None else _enlarge(i) for i in tile.images]
    sizes = [i.size for i in images if i is not None]
    width, height = map(max, zip(*(sizes or [(MIN_SIDE, MIN_SIDE)])))
    inner = _GAP // 4
    total = len(images) * (width + inner) - inner
    top = _LINE if tile.titles else 0
    bottom = top + height + 2
    canvas = Image.new('RGB', (total, bottom + _LINE * len(tile.lines)),
                       'white')
    for k, image in enumerate(images):
        x = k * (width + inner)
        if tile.titles:
            _write(canvas, tile.titles[k], (x, 0), width, _FAINT)
        if image is None:
            ImageDraw.Draw(canvas).rectangle(
                (x, top, x + width - 1, top + height - 1), outline=_FAINT)
            _write(canvas, 'no image', (x + _GAP, top + height // 2 - 9),
                   width - 2 * _GAP, _FAINT)
        else:
            canvas.paste(image, (x, top))
    for k, line in enumerate(tile.lines):
        _write(canvas, line, (0, bottom + k * _LINE), total,
               _FAINT if k else _INK)
    return canvas


def _enlarge(image: np.ndarray) -> Image.Image:
    """Scale an image ``(H, W)`` or ``(H, W, 3)`` BGR to a visible size."""
    if image.ndim == 2 or image.shape[2] == 1:
        image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR)
    # Area averaging keeps thin lines when shrinking.
    shrink = MAX_SIDE / max(image.shape[:2])
    if shrink < 1:
        image = cv2.resize(
            image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    # A whole factor, so that every pixel becomes an equal square.
    factor = max(1, -(-MIN_SIDE // max(image.shape[:2])))
    image = image.repeat(factor, 0).repeat(factor, 1)
    return Image.fromarray(np.ascontiguousarray(image[..., ::-1]))


def _write(canvas: Image.Image,
           text: str,
           at: tuple,
           width: int,
           ink: tuple = _INK) -> None:
    """Write a line, with its middle left out if it is too wide."""
    ImageDraw.Draw(canvas).text(
        at, _shorten(text, width), fill=ink, font=_font())


def _shorten(text: str, width: int) -> str:
    """Leave out the middle of a text until it fits."""
    font = _font()
    kept = short = text
    while font.getlength(short) > width and len(kept) > 2:
        half = len(kept) // 2
        kept = kept[:half] + kept[half + 1:]
        half = len(kept) // 2
        short = f'{kept[:half]}…{kept[half:]}'
    return short


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    """Load the font that matplotlib includes."""
    path = osp.join(matplotlib.get_data_path(), 'fonts', 'ttf',
                    'DejaVuSans.ttf')
    return ImageFont.truetype(path, _TEXT)
