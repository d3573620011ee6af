"""Face crops in which the eyes are always at the same positions."""
import math
from typing import Tuple

import cv2
import numpy as np

from ..utils.errors import UserError

# Shares of the side of the tight square (margin 0). The eyes alone set the
# scale: the mouth moves with the expression, which must stay in the picture.
EYE_DISTANCE = 0.40
EYE_LINE = 0.28
#: Side of a face in pixels: what every OpenCV can displace.
LARGEST_FACE = 32766


def transform_points(points: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """Apply an affine transform to points.

    Args:
        points (np.ndarray): x, y of shape (N, 2).
        transform (np.ndarray): Of shape (2, 3).

    Returns:
        np.ndarray: float64 of shape (N, 2).
    """
    points = np.asarray(points, np.float64)
    return points @ transform[:, :2].T + transform[:, 2]


def _checked_points(points: np.ndarray, number: int) -> np.ndarray:
    """Convert landmarks of a file to finite float64 of (number, 2)."""
    points = np.asarray(points, np.float64)
    if points.shape != (number, 2):
        raise ValueError(f'The landmarks have shape {points.shape}; expected '
                         f'({number}, 2): x, y of each point')
    if not np.isfinite(points).all():
        index = int(np.argmin(np.isfinite(points).all(axis=1)))
        raise ValueError(f'Landmark {index} is {points[index].tolist()}; '
                         'expected finite numbers')
    return points


def five_points(landmarks68: np.ndarray) -> np.ndarray:
    """Reduce 68 landmarks to the five that a face detector returns.

    Args:
        landmarks68 (np.ndarray): x, y of the usual 68 points (Multi-PIE
            order, as CK+ ships them), of shape (68, 2).

    Returns:
        np.ndarray: float64 of shape (5, 2): centres of left and right eye
        (mean of the six points of each), tip of the nose, left and right
        corner of the mouth, as seen in the image.

    Raises:
        ValueError: If the shape is another or a number is not finite.
    """
    points = _checked_points(landmarks68, 68)
    return np.stack([
        points[36:42].mean(axis=0), points[42:48].mean(axis=0), points[30],
        points[48], points[54]
    ])


def alignment_transform(landmarks5: np.ndarray,
                        size: int = 110,
                        margin: float = 0.1) -> np.ndarray:
    """Compute the similarity transform that aligns the eyes.

    In a tight square (margin 0) the eyes are 0.40 of the side apart, on a
    line 0.28 of the side below the top, level, and symmetric to the middle.
    The margin is added around it. Our choice.

    Args:
        landmarks5 (np.ndarray): x, y of left eye, right eye, nose, left and
            right corner of the mouth, of shape (5, 2). The eyes alone set
            the transform.
        size (int): Side of the crop in pixels. Defaults to 110.
        margin (float): Share of the tight side added on each side, at least
            0. Defaults to 0.1.

    Returns:
        np.ndarray: float64 of shape (2, 3), from pixels of the image to
        pixels of the crop (pixel centres at integers).

    Raises:
        ValueError: If the landmarks are not finite, the eyes are less than
            a pixel apart, or the mouth would be above the eyes (left and
            right swapped).

    Examples:
        >>> import numpy as np
        >>> from mmfermtl.preparation import alignment_transform
        >>> points = np.array([[30., 40.], [70., 40.], [50., 60.],
        ...                    [35., 80.], [65., 80.]])
        >>> alignment_transform(points, size=100, margin=0.)
        array([[  1. ,   0. ,  -0.5],
               [  0. ,   1. , -12.5]])
    """
    points = _checked_points(landmarks5, 5)
    across = points[1] - points[0]
    distance = math.hypot(*across)
    if distance < 1:
        raise ValueError(f'The eyes are {distance:.3g} pixels apart '
                         f'({points[0].tolist()}, {points[1].tolist()}); '
                         'expected at least 1')
    tight = size / (1 + 2 * margin)
    # Rotation and scaling, as a multiplication by the complex number a - bi.
    a, b = across * (EYE_DISTANCE * tight / distance**2)
    linear = np.array([[a, b], [0. - b, a]])
    # Shares count from the edge of the first pixel, which is at -0.5.
    target = np.array([size / 2, (EYE_LINE + margin) * tight]) - 0.5
    shift = target - linear @ points[:2].mean(axis=0)
    transform = np.concatenate([linear, shift[:, None]], axis=1)
    mouth = transform_points(points[3:], transform).mean(axis=0)
    if mouth[1] <= target[1]:
        raise ValueError('The mouth is above the eyes after alignment: '
                         f'eyes {points[:2].tolist()}, corners of the mouth '
                         f'{points[3:].tolist()}; are left and right '
                         'swapped?')
    return transform


def warp_face(image: np.ndarray,
              transform: np.ndarray,
              size: int,
              border: int = cv2.BORDER_REPLICATE) -> np.ndarray:
    """Cut an aligned face out of an image, without aliasing.

    ``cv2.warpAffine`` reads four pixels for each it writes and so skips the
    others when it shrinks. Here it writes a whole number of times as many
    pixels, which are then averaged.

    Args:
        image (np.ndarray): uint8 of shape (H, W) or (H, W, 3).
        transform (np.ndarray): float64 of shape (2, 3), a similarity from
            pixels of the image to pixels of the crop, such as that of
            :func:`alignment_transform`.
        size (int): Side of the crop in pixels.
        border (int): OpenCV's code for pixels outside the image. Defaults to
            repeating the border of the image.

    Returns:
        np.ndarray: uint8 of shape (size, size) or (size, size, 3). The same
        arguments give the same bytes.

    Raises:
        ValueError: If the transform collapses the image or is not finite.
        UserError: If the face has more than :data:`LARGEST_FACE` pixels
            across.
    """
    scale = math.sqrt(abs(np.linalg.det(transform[:, :2])))
    # Landmarks that are far apart would ask for a huge `times` below.
    if not scale * max(image.shape[:2]) >= 1:
        raise ValueError(f'The transform scales an image of {image.shape} by '
                         f'{scale:.3g}, to less than a pixel')
    times = max(math.ceil(1 / scale), 1)
    # Pixel centres at integers: p -> (p + 0.5) * times - 0.5.
    finer = transform * times
    finer[:, 2] += (times - 1) / 2
    side = size * times
    if max(image.shape[:2]) > LARGEST_FACE:
        image, finer = _cut_out(image, finer, side)
    if max(side, *image.shape[:2]) > LARGEST_FACE:
        raise UserError(f'The face has about {round(size / scale)} pixels '
                        f'across, expected at most {LARGEST_FACE}; make the '
                        'picture smaller')
    square = cv2.warpAffine(
        image, finer, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)
    if times == 1:
        return square
    return cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)


def _cut_out(image: np.ndarray, transform: np.ndarray,
             side: int) -> Tuple[np.ndarray, np.ndarray]:
    """Cut the part out of a large picture that a transform reads.

    Returns:
        tuple[np.ndarray, np.ndarray]: The part, and the transform of its
        pixels.
    """
    edge = np.array([[0, 0], [side, 0], [0, side], [side, side]]) - 0.5
    inverse = np.linalg.inv(transform[:, :2])
    x, y = inverse @ (edge - transform[:, 2]).T
    left, right = read_range(x, image.shape[1])
    top, bottom = read_range(y, image.shape[0])
    moved = transform.copy()
    moved[:, 2] += transform[:, :2] @ [left, top]
    return image[top:bottom, left:right], moved


def read_range(places: np.ndarray, side: int) -> Tuple[int, int]:
    """Bound the pixels that are read for places on an axis of a picture.

    Args:
        places (np.ndarray): Coordinates in pixels, also beyond the picture.
        side (int): Pixels of the picture on that axis.

    Returns:
        tuple[int, int]: The first pixel and the one after the last, at least
        one pixel in the picture.
    """
    low = int(np.clip(np.floor(places.min()) - 1, 0, side - 1))
    return low, int(np.clip(np.ceil(places.max()) + 2, low + 1, side))
