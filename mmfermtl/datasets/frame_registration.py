"""Bring a face crop to the position of another crop of the same face."""
from typing import NamedTuple, Optional

import cv2
import numpy as np

#: Rows and columns of a crop that expressions change little, as fractions
#: (top, bottom, left, right): forehead, brows, eyes and nose.
STABLE = (0.05, 0.62, 0.08, 0.92)
#: Largest change of size and rotation (degrees) that is believed.
MAX_ZOOM, MAX_DEGREES = 1.25, 12.
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 80, 1e-5)


class Registration(NamedTuple):
    """A registered crop."""

    #: ``(H, W)`` uint8.
    image: np.ndarray
    #: Correlation with the reference in the stable part, in [-1, 1], of the
    #: bilinearly moved frame.
    correlation: float


def register_frame(frame: np.ndarray,
                   reference: np.ndarray) -> Optional[Registration]:
    """Move, turn and zoom a crop until its upper face fits another one.

    By the enhanced correlation coefficient (Evangelidis and Psarakis, 2008),
    which light and contrast do not change; of the affine map that it finds,
    the nearest similarity is kept, so that no face is sheared. Ours.

    Args:
        frame (np.ndarray): ``(h, w)`` uint8.
        reference (np.ndarray): ``(H, W)`` uint8, of the same subject.

    Returns:
        Registration, optional: None if no plausible map is found.
    """
    height, width = reference.shape
    top, bottom, left, right = (round(share * side)
                                for share, side in zip(STABLE, (height, height,
                                                                width, width)))
    if frame.shape != reference.shape:
        shrinks = frame.shape[0] > height
        frame = cv2.resize(
            frame, (width, height),
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    # OpenCV's mask is that of the moved image.
    mask = np.zeros_like(frame)
    mask[top:bottom, left:right] = 255
    try:
        _, found = cv2.findTransformECC(
            reference.astype(np.float32), frame.astype(np.float32),
            np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, _CRITERIA, mask,
            5)
    except cv2.error:  # it does not converge
        return None
    warp = _nearest_similarity(found, (width / 2, height / 2))
    zoom = np.hypot(*warp[:, 0])
    turn = np.degrees(np.arctan2(warp[1, 0], warp[0, 0]))
    if not 1 / MAX_ZOOM < zoom < MAX_ZOOM or abs(turn) > MAX_DEGREES:
        return None
    # Bilinearly, a quarter of the gradient energy would be lost, and a
    # generator would learn that faces at rest are blurred. The blur does no
    # harm to the correlation.
    image, smooth = (
        cv2.warpAffine(
            frame,
            warp, (width, height),
            flags=method | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE)
        for method in (cv2.INTER_CUBIC, cv2.INTER_LINEAR))
    stable = [
        one[top:bottom, left:right].ravel().astype(float)
        for one in (smooth, reference)
    ]
    if min(part.std() for part in stable) == 0:
        return None
    return Registration(image, float(np.corrcoef(*stable)[0, 1]))


def _nearest_similarity(warp: np.ndarray, centre: tuple) -> np.ndarray:
    """Return the rotation and zoom nearest to a map ``(2, 3)``.

    Both map the centre to the same point.
    """
    (a, b), (c, d) = warp[:, :2]
    cos, sin = (a + d) / 2, (c - b) / 2
    turned = np.array([[cos, -sin], [sin, cos]])
    shift = warp[:, 2] + (warp[:, :2] - turned) @ np.array(centre)
    return np.column_stack([turned, shift])
