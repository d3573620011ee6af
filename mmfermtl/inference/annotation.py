"""Draw results onto pictures and frames."""
from typing import Optional, Sequence, Tuple

import cv2
import numpy as np

from .face_reader import FaceReading

#: BGR, told apart by colour-blind people too (Okabe and Ito).
_COLOURS = ((178, 114, 0), (0, 94, 213), (115, 158, 0), (167, 121, 204),
            (0, 159, 230), (233, 180, 86), (66, 228, 240))
_UNSURE = (128, 128, 128)
Readings = Sequence[FaceReading]
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def annotate(image: np.ndarray, faces: Readings,
             footer: Sequence[str] = ()) -> np.ndarray:
    """Draw boxes, expressions and probabilities.

    A box is grey where the network is not sure.

    Args:
        image (np.ndarray): ``(H, W, 3)`` BGR uint8; not changed.
        faces (Sequence[FaceReading]): Read in it; several are numbered
            from 1.
        footer (Sequence[str]): Lines at the lower border. Defaults to ().

    Returns:
        np.ndarray: ``(H, W, 3)`` BGR uint8.
    """
    image = np.ascontiguousarray(image).copy()
    height, width = image.shape[:2]
    scale = max(min(height, width) / 600, 0.35)
    for number, reading in enumerate(faces, 1):
        box = np.clip(reading.face.box, -1e4, 1e5).round().astype(int)
        colour = _colour(reading)
        low, high = box[:2].tolist(), box[2:].tolist()
        cv2.rectangle(image, low, high, colour, max(round(2 * scale), 1))
        _write(image, label(reading, number if len(faces) > 1 else None), low,
               scale, colour)
    for row, line in enumerate(reversed(footer)):
        step = round(28 * scale)
        _write(image, line, (4, height - row * step), scale, (0, 0, 0))
    return image


def label(reading: FaceReading, number: Optional[int] = None) -> str:
    """Describe a reading in a few words, with its number or its track."""
    # No network is certain: 99.6 % is not rounded up.
    share = '> 99%' if reading.score > 0.99 else f'{reading.score:.0%}'
    text = f'{reading.name} {share}'
    if reading.abstained:
        text = 'not sure: ' + ' / '.join(reading.label_set or ['-'])
    if reading.track is not None:
        return f'#{reading.track} {text}'
    return text if number is None else f'{number} {text}'


def _colour(reading: FaceReading) -> Tuple[int, int, int]:
    if reading.abstained:
        return _UNSURE
    return _COLOURS[reading.label % len(_COLOURS)]


def _write(image: np.ndarray, text: str, corner: Sequence[int], scale: float,
           colour: Tuple[int, int, int]) -> None:
    """Write a line on a filled ground above a corner, inside the image."""
    size = 0.6 * scale
    thickness = max(round(scale), 1)
    (width, height), base = cv2.getTextSize(text, _FONT, size, thickness)
    left = int(np.clip(corner[0], 0, max(image.shape[1] - width, 0)))
    low = int(np.clip(corner[1], height + base, image.shape[0]))
    cv2.rectangle(image, (left, low - height - base), (left + width, low),
                  colour, cv2.FILLED)
    # Black on light grounds, by their luminance (BT.601).
    light = float(np.dot(colour, (0.114, 0.587, 0.299))) > 128
    ink = (0, 0, 0) if light else (255, 255, 255)
    cv2.putText(image, text, (left, low - base // 2), _FONT, size, ink,
                thickness, cv2.LINE_AA)
