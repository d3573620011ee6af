"""Pictures of doubtful crops for a human eye."""
import os
import os.path as osp
import re
from typing import Iterator, List, NamedTuple, Optional, Sequence

import cv2
import numpy as np

from ..utils.atomic_files import write_whole

COLUMNS, ROWS = 10, 6
_SIDE, _GAP, _LINE, _LINES = 128, 12, 13, 4
_INK, _PAPER, _BLANK = (40, 40, 40), 255, 200


class DoubtfulCrop(NamedTuple):
    """An entry of a contact sheet."""

    #: ``<subject>/<sequence>``.
    key: str
    #: 0-based number of the frame.
    index: int
    reasons: Sequence[str]
    #: The crop, or the frame if there is no crop; None if neither can be
    #: read.
    image: Optional[np.ndarray]


def write_contact_sheets(root: str, number: int,
                         crops: Iterator[DoubtfulCrop]) -> List[str]:
    """Write pages of doubtful crops, and remove those of an earlier run.

    Args:
        root (str): Folder of the prepared tree.
        number (int): How many crops there are.
        crops (Iterator[DoubtfulCrop]): The crops; read page by page.

    Returns:
        list[str]: Names of the pages: ``doubtful.png``, or
        ``doubtful_001.png`` and so on if they are several.
    """
    per_page = COLUMNS * ROWS
    pages = -(-number // per_page)
    names = [f'doubtful_{page:03d}.png' for page in range(1, pages + 1)]
    if pages == 1:
        names = ['doubtful.png']
    for old in sorted(os.listdir(root)):
        if re.fullmatch(r'doubtful(_\d{3,})?\.png', old) and old not in names:
            os.remove(osp.join(root, old))
    left = number
    for name in names:
        page = draw_page([next(crops) for _ in range(min(per_page, left))])
        left -= per_page
        write_whole(
            osp.join(root, name),
            cv2.imencode('.png', page)[1].tobytes())
    return names


def draw_page(crops: Sequence[DoubtfulCrop]) -> np.ndarray:
    """Draw captioned pictures in rows.

    Args:
        crops (Sequence[DoubtfulCrop]): At least one.

    Returns:
        np.ndarray: ``(H, W, 3)`` BGR, uint8.
    """
    width, height = _SIDE + _GAP, _SIDE + _GAP + _LINE * _LINES
    rows = -(-len(crops) // COLUMNS)
    columns = min(len(crops), COLUMNS)
    page = np.full((rows * height + _GAP, columns * width + _GAP, 3), _PAPER,
                   np.uint8)
    for number, crop in enumerate(crops):
        row, column = divmod(number, COLUMNS)
        top, left = _GAP + row * height, _GAP + column * width
        page[top:top + _SIDE, left:left + _SIDE] = _fit(crop.image)
        lines = [crop.key[-20:], f'frame {crop.index}', *_wrap(crop.reasons)]
        for i, text in enumerate(lines[:_LINES]):
            cv2.putText(page, text, (left, top + _SIDE + (i + 1) * _LINE - 2),
                        cv2.FONT_HERSHEY_SIMPLEX, 0.36, _INK, 1, cv2.LINE_AA)
    return page


def _fit(image: Optional[np.ndarray]) -> np.ndarray:
    """Put an image into the middle of a square, its sides in proportion."""
    square = np.full((_SIDE, _SIDE, 3), _BLANK, np.uint8)
    if image is None:
        return square
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    scale = _SIDE / max(image.shape[:2])
    height, width = (max(round(n * scale), 1) for n in image.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (_SIDE - height) // 2, (_SIDE - width) // 2
    square[top:top + height, left:left + width] = cv2.resize(
        image, (width, height), interpolation=method)
    return square


def _wrap(reasons: Sequence[str], length: int = 22) -> List[str]:
    """Break reasons into lines that fit below a picture."""
    lines = ['']
    for word in '; '.join(reasons).split():
        if lines[-1] and len(lines[-1]) + len(word) >= length:
            lines.append('')
        lines[-1] = f'{lines[-1]} {word}'.strip()
    return lines
