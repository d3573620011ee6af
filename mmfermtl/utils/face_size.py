"""The size of the images that a network is trained on, by one rule."""
import cv2
import numpy as np


def resize_face(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize an image until it covers a size, and keep its middle.

    Shrinking takes the mean over areas (OpenCV's ``INTER_AREA``), so that
    nothing is aliased; enlarging is bicubic (``INTER_CUBIC``). A network
    reads worse what another method resized: bilinear enlarging is a blur.

    Args:
        image (np.ndarray): ``(H, W[, C])`` uint8.
        height (int): Of the result.
        width (int): Of the result.

    Returns:
        np.ndarray: ``(height, width[, C])`` uint8; of an image of that size
        already, the image itself.
    """
    rows, columns = image.shape[:2]
    to, by = max((height, rows), (width, columns), key=lambda s: s[0] / s[1])
    if to != by:
        # At least the size, whatever the division rounds to.
        image = cv2.resize(
            image, (max(width, round(
                columns * to / by)), max(height, round(rows * to / by))),
            interpolation=cv2.INTER_AREA if to < by else cv2.INTER_CUBIC)
        rows, columns = image.shape[:2]
    top, left = (rows - height) // 2, (columns - width) // 2
    return image[top:top + height, left:left + width]
