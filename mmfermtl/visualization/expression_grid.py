"""Draw a grid of generated and real images."""
from typing import List, Optional, Sequence

import cv2
import numpy as np

_INK = (40, 40, 40)
_PAPER = 255


def draw_expression_grid(sources: Sequence[np.ndarray],
                         generated: Sequence[Sequence[np.ndarray]],
                         real: Sequence[Sequence[Optional[np.ndarray]]],
                         classes: Sequence[str],
                         source_labels: Sequence[int],
                         cell: int = 96) -> np.ndarray:
    """Draw, for each source, every generated expression above the real one.

    Args:
        sources (Sequence[np.ndarray]): ``N`` images, ``(H, W)`` or
            ``(H, W, 3)`` uint8.
        generated (Sequence[Sequence[np.ndarray]]): For each source one image
            per class.
        real (Sequence[Sequence[np.ndarray | None]]): Likewise; None where
            the subject has no such image.
        classes (Sequence[str]): Names for the header.
        source_labels (Sequence[int]): Expression of each source, whose column
            gets a frame.
        cell (int): Size of an image in the grid in pixels. Defaults to 96.

    Returns:
        np.ndarray: ``(H, W, 3)`` uint8, channels as in the images.

    Examples:
        >>> import numpy as np
        >>> image = np.zeros((48, 48), np.uint8)
        >>> draw_expression_grid([image], [[image]], [[None]], ['anger'],
        ...                      [0]).shape
        (226, 210, 3)
    """
    gap, head = 6, 22  # pixels between cells, and of the header
    margins = ((0, gap), (gap, 0), (0, 0))  # below and left of a cell
    rows: List[np.ndarray] = []
    for source, fakes, reals, label in zip(sources, generated, real,
                                           source_labels):
        top = [_fit(source, cell)] + [_fit(img, cell) for img in fakes]
        bottom = [_caption(cell, 'generated above, real here')] + [
            _caption(cell, 'no image') if img is None else _fit(img, cell)
            for img in reals
        ]
        # Frame the real image of the source's expression.
        cv2.rectangle(bottom[1 + label], (0, 0), (cell - 1, cell - 1), _INK, 2)
        rows += [
            np.hstack(
                [np.pad(img, margins, constant_values=_PAPER) for img in row])
            for row in (top, bottom)
        ]
    grid = np.pad(
        np.vstack(rows), ((head, 0), (0, gap), (0, 0)), constant_values=_PAPER)
    for column, name in enumerate(['source', *classes]):
        _write(grid, name, (gap + column * (cell + gap), 15))
    return grid


def _fit(img: np.ndarray, cell: int) -> np.ndarray:
    """Scale an image to a cell ``(cell, cell, 3)``."""
    if img.ndim == 2 or img.shape[2] == 1:
        img = cv2.cvtColor(np.ascontiguousarray(img), cv2.COLOR_GRAY2BGR)
    return cv2.resize(img, (cell, cell), interpolation=cv2.INTER_CUBIC)


def _caption(cell: int, words: str) -> np.ndarray:
    """Write words below one another into a cell ``(cell, cell, 3)``."""
    img = np.full((cell, cell, 3), _PAPER, np.uint8)
    for i, text in enumerate(words.split()):
        _write(img, text, (6, 22 + 18 * i))
    return img


def _write(img: np.ndarray, text: str, at: tuple) -> None:
    """Write a word at a position, in place."""
    cv2.putText(img, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1,
                cv2.LINE_AA)
