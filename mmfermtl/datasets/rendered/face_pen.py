"""Smooth curves, and a pen that fills them on a canvas.

Points are ``(N, 2)`` float64 arrays of x and y in the units of
:mod:`~mmfermtl.datasets.rendered.face_parameters`, filled on a canvas four
times as large as the result and averaged down. Soft shadows and wrinkles are
filled on sheets of their own, blurred, and multiplied onto the skin.
"""
from functools import lru_cache
from typing import Optional, Sequence

import cv2
import numpy as np

from .face_parameters import Colour, ViewParameters

SUPERSAMPLING = 4
FIXED_POINT_BITS = 4  # OpenCV fills at 1/16 of a pixel
EYE_HEIGHT = -0.22
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
LUMA = np.array((0.114, 0.587, 0.299))  # of blue, green, red (BT.601)
QUARTER_TURN = np.array([[0., 1.], [-1., 0.]])
ANGLES = np.linspace(0, 2 * np.pi, 20)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


@lru_cache(maxsize=None)
def _spline(count: int, closed: bool) -> np.ndarray:
    """Build the matrix that samples a Catmull-Rom spline.

    Returns:
        np.ndarray: For ``n`` points ``(6 * n, n)`` if closed, else
        ``(6 * n - 5, n)``.
    """
    points = np.eye(count)
    if closed:
        before, after = points[-1:], points[:2]
    else:
        before = 2 * points[:1] - points[1:2]
        after = 2 * points[-1:] - points[-2:-1]
    points = np.concatenate([before, points, after])
    p0, p1, p2, p3 = points[:-3], points[1:-2], points[2:-1], points[3:]
    t = np.linspace(0, 1, 6, endpoint=False)[:, None, None]
    rows = 0.5 * (2 * p1 + (p2 - p0) * t +
                  (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 +
                  (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    rows = rows.transpose(1, 0, 2).reshape(-1, count)
    return rows if closed else np.concatenate([rows, points[-2:-1]])


@lru_cache(maxsize=None)
def _slope(count: int) -> np.ndarray:
    """Build the matrix ``(n, n)`` that gives the direction at each point."""
    return np.gradient(np.eye(count), axis=0)


@lru_cache(maxsize=None)
def taper(count: int, ends: float) -> np.ndarray:
    """Compute half the thickness ``(n, )`` of a stroke of width 1."""
    middle = np.sin(np.linspace(0, np.pi, count))
    return 0.5 * (ends + (1 - ends) * middle)


def curve(points: Sequence, closed: bool = False) -> np.ndarray:
    """Sample a smooth curve through points ``(n, 2)``, see `_spline`."""
    return _spline(len(points), closed) @ np.asarray(points, float)


def stroke(line: np.ndarray, width: float, ends: float = 0.) -> np.ndarray:
    """Outline a line ``(N, 2)`` that is ``width`` wide in its middle.

    Returns:
        np.ndarray: ``(2 * N, 2)``; the ends are ``ends`` times as wide.
    """
    across = _slope(len(line)) @ line @ QUARTER_TURN
    # The addend spares a division by zero where points coincide.
    length = np.sqrt(np.einsum('ij,ij->i', across, across)) + 1e-9
    across *= (width * taper(len(line), ends) / length)[:, None]
    return np.concatenate([line + across, (line - across)[::-1]])


def between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Outline the area between two lines ``(N, 2)`` of one direction."""
    return np.concatenate([first, second[::-1]])


def mix(first: Colour, second: Colour, amount: float) -> np.ndarray:
    """Mix two colours: 0 gives the first, 1 the second, ``(3, )``."""
    return np.multiply(first, 1 - amount) + np.multiply(second, amount)


class Pen:
    """Fill outlines on the canvas and on the sheets of shade.

    Args:
        view (ViewParameters): Where on the canvas a point of the face is.
        size (int): Side ``S`` of the result in pixels.
        channels (int): 1 or 3.

    Attributes:
        image (np.ndarray): Canvas, ``(4 * S, 4 * S)`` or ``(4 * S, 4 * S,
            3)`` BGR, uint8.
        fine (np.ndarray): Sheet of narrow shadows, ``(4 * S, 4 * S)`` uint8;
            128 leaves the canvas as it is, 0 makes it black.
        broad (np.ndarray): Sheet of wide shadows, ``(S, S)`` uint8, small
            since it is blurred strongly.
        blush (np.ndarray): Sheet of redness, likewise.
    """

    def __init__(self, view: ViewParameters, size: int, channels: int):
        side = size * SUPERSAMPLING
        self.view = view
        self.pending: list = []
        self.image = np.empty((side, side, 3)[:2 + (channels == 3)], np.uint8)
        self.image[:] = (
            LUMA @ view.background if channels == 1 else view.background)
        self.fine = np.full((side, side), 128, np.uint8)
        self.broad = np.full((size, size), 128, np.uint8)
        self.blush = np.full((size, size), 128, np.uint8)
        angle = np.deg2rad(view.rotation)
        cos, sin = view.scale * np.cos(angle), view.scale * np.sin(angle)
        self.turn = np.array([[cos, sin], [-sin, cos]])
        # OpenCV counts from the centre of a pixel, not from its corner.
        self.shift = np.array((view.shift_x, view.shift_y)) + 1 - 1 / side
        self.nod = np.array((view.yaw, view.pitch)) @ self.turn

    def flush(self) -> None:
        """Fill all pending outlines; placing them at once makes it fast."""
        sheets, outlines, colours, lifts = zip(*self.pending)
        self.pending = []
        counts = [len(outline) for outline in outlines]
        scales = [len(sheet) / 2 * 2**FIXED_POINT_BITS for sheet in sheets]
        points = np.concatenate(outlines)
        # The face is a bowl that turning the head moves the more, the nearer
        # a point is; `lift` is how far in front of the bowl a part is.
        depth = 0.4 + np.repeat(lifts, counts) - 0.45 * (points**2).sum(1)
        placed = points @ self.turn + depth[:, None] * self.nod + self.shift
        placed = np.rint(placed * np.repeat(scales, counts)[:, None])
        placed = np.split(placed.astype(np.int32), np.cumsum(counts)[:-1])
        for sheet, outline, colour in zip(sheets, placed, colours):
            cv2.fillPoly(sheet, [outline], colour, cv2.LINE_AA,
                         FIXED_POINT_BITS)

    def fill(self,
             outline: np.ndarray,
             colour: Sequence,
             lift: float = 0.) -> None:
        """Fill an outline ``(N, 2)`` on the canvas, in BGR."""
        if self.image.ndim == 2:
            colour = (LUMA @ colour, )
        colour = tuple(map(float, colour))
        self.pending.append((self.image, outline, colour, lift))

    def shade(self,
              outline: np.ndarray,
              amount: float,
              sheet: Optional[np.ndarray] = None,
              lift: float = 0.) -> None:
        """Darken (amount < 0, -1 is black) or lighten an area ``(N, 2)``."""
        if abs(amount) > 0.01:  # less would round to nothing
            value = min(max(128 + 127 * amount, 0.), 255.)
            sheet = self.fine if sheet is None else sheet
            self.pending.append((sheet, outline, (value, ), lift))

    def crease(self,
               points: Sequence,
               width: float,
               amount: float,
               sheet: Optional[np.ndarray] = None,
               lift: float = 0.) -> None:
        """Darken or lighten along a curve through points ``(n, 2)``."""
        if abs(amount) > 0.01:
            self.shade(stroke(curve(points), width, 0.1), amount, sheet, lift)

    def apply_shade(self) -> None:
        """Multiply the sheets onto the canvas, shadows reddened."""
        self.flush()
        side, size = len(self.fine), len(self.broad)
        light = cv2.GaussianBlur(self.fine, (0, 0), 0.008 * side)
        broad, blush = [
            cv2.resize(
                cv2.GaussianBlur(sheet, (0, 0), 0.045 * size), (side, side))
            for sheet in (self.broad, self.blush)
        ]
        light = cv2.multiply(light, broad, scale=1 / 128)
        # How strongly light and blush act on blue, green and red.
        warmth = np.array(((1.15, 1.), (1., 1.), (0.8, 0.1)))
        if self.image.ndim == 2:
            warmth = [LUMA @ warmth]
        tints = [
            cv2.multiply(
                cv2.convertScaleAbs(light, alpha=a, beta=128 * (1 - a)),
                cv2.convertScaleAbs(blush, alpha=b, beta=128 * (1 - b)),
                scale=1 / 128) for a, b in warmth
        ]
        tint = tints[0] if len(tints) == 1 else cv2.merge(tints)
        self.image = cv2.multiply(self.image, tint, scale=1 / 128)
