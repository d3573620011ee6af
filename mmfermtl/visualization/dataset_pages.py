"""Draw pages of labelled images."""
import os.path as osp
from functools import lru_cache
from typing import List, NamedTuple, Optional, Sequence

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


def draw_page(tiles: Sequence[Tile],
              columns: int,
              title: str,
              min_side: int = MIN_SIDE) -> np.ndarray:
    """Draw tiles row by row, with a title above.

    Small images are enlarged without smoothing, so that single pixels are
    visible; those of more than 288 px are shrunk.

    Args:
        tiles (Sequence[Tile]): At least one.
        columns (int): Tiles per row.
        title (str): In any script that the font DejaVu Sans contains.
        min_side (int): Least size of an image in pixels. Defaults to 144.

    Returns:
        np.ndarray: ``(H, W, 3)`` BGR, uint8.

    Raises:
        ValueError: If there is no tile or no column.

    Examples:
        >>> import numpy as np
        >>> image = np.zeros((48, 48), np.uint8)
        >>> draw_page([Tile([image], ['anger'])], 1, 'a page').shape
        (230, 176, 3)
    """
    if not tiles or columns < 1:
        raise ValueError(f'{len(tiles)} tiles in {columns} columns; expected '
                         'at least one of each')
    parts = [_draw_tile(tile, min_side) for tile in tiles]
    width = max(part.width for part in parts)
    height = max(part.height for part in parts)
    columns = min(columns, len(parts))
    rows = -(-len(parts) // columns)
    head = _LINE + _GAP
    page = Image.new('RGB',
                     (_GAP + columns * (width + _GAP), _GAP + head + rows *
                      (height + _GAP)), 'white')
    _write(page, title, (_GAP, _GAP), page.width - 2 * _GAP)
    for k, part in enumerate(parts):
        row, column = divmod(k, columns)
        page.paste(part, (_GAP + column * (width + _GAP), _GAP + head + row *
                          (height + _GAP)))
    # OpenCV cannot write a view with negative strides.
    return np.ascontiguousarray(np.asarray(page)[..., ::-1])


def _draw_tile(tile: Tile, min_side: int) -> Image.Image:
    """Draw the images of a tile side by side, with its text."""
    present = [_enlarge(i, min_side) for i in tile.images if i is not None]
    width = max([image.width for image in present], default=min_side)
    height = max([image.height for image in present], default=min_side)
    inner = _GAP // 4
    total = len(tile.images) * (width + inner) - inner
    top = _LINE if tile.titles else 0
    canvas = Image.new('RGB',
                       (total, top + height + 2 + _LINE * len(tile.lines)),
                       'white')
    left = iter(present)  # the images that are not None, in order
    for k, image in enumerate(tile.images):
        x = k * (width + inner)
        if tile.titles:
            _write(canvas, tile.titles[k], (x, 0), width, _FAINT)
        if image is None:
            ImageDraw.Draw(canvas).rectangle(
                (x, top, x + width - 1, top + height - 1), outline=_FAINT)
            _write(canvas, 'no image', (x + _GAP, top + height // 2 - 9),
                   width - 2 * _GAP, _FAINT)
        else:
            canvas.paste(next(left), (x, top))
    for k, line in enumerate(tile.lines):
        _write(canvas, line, (0, top + height + 2 + k * _LINE), total,
               _FAINT if k else _INK)
    return canvas


def _enlarge(image: np.ndarray, min_side: int) -> Image.Image:
    """Scale an image ``(H, W)`` or ``(H, W, 3)`` BGR to a visible size."""
    if image.ndim == 2 or image.shape[2] == 1:
        image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR)
    # Area averaging keeps thin lines when shrinking.
    shrink = MAX_SIDE / max(image.shape[:2])
    if shrink < 1:
        image = cv2.resize(
            image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    # A whole factor, so that every pixel becomes an equal square.
    factor = max(1, -(-min_side // max(image.shape[:2])))
    image = image.repeat(factor, 0).repeat(factor, 1)
    return Image.fromarray(np.ascontiguousarray(image[..., ::-1]))


def _write(canvas: Image.Image,
           text: str,
           at: tuple,
           width: int,
           ink: tuple = _INK) -> None:
    """Write a line, with its middle left out if it is too wide."""
    draw = ImageDraw.Draw(canvas)
    draw.text(at, _shorten(text, width), fill=ink, font=_font())


def _shorten(text: str, width: int) -> str:
    """Leave out the middle of a text until it fits."""
    font = _font()
    kept: List[str] = list(text)
    short = text
    while font.getlength(short) > width and len(kept) > 2:
        del kept[len(kept) // 2]
        half = len(kept) // 2
        short = ''.join(kept[:half]) + '…' + ''.join(kept[half:])
    return short


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    """Load the font that matplotlib includes."""
    path = osp.join(matplotlib.get_data_path(), 'fonts', 'ttf',
                    'DejaVuSans.ttf')
    return ImageFont.truetype(path, _TEXT)
