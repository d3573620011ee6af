"""Turn the canvas of a pen into a photograph: light, film and camera."""
import cv2
import numpy as np

from .face_conditions import FaceConditions
from .face_parameters import ViewParameters


def expose(image: np.ndarray, view: ViewParameters,
           conditions: FaceConditions) -> np.ndarray:
    """Add light, cast shadow and contrast.

    Args:
        image (np.ndarray): ``(S, S)`` or ``(S, S, 3)`` uint8.
        view (ViewParameters): Light and contrast.
        conditions (FaceConditions): Shadow and gamma.

    Returns:
        np.ndarray: Of the same shape, float32, about 0 to 255.
    """
    axis = np.linspace(-1, 1, len(image), dtype=np.float32)
    light = view.brightness * (
        1 + view.light_strength * _slope(axis, view.light_angle))
    if conditions.shadow_depth:
        away = _slope(axis, conditions.shadow_angle) - np.float32(
            conditions.shadow_edge)
        inside = np.clip(0.5 + away / conditions.shadow_width, 0, 1)
        light = light * (1 - np.float32(conditions.shadow_depth) * inside)
    if image.ndim == 3:
        light = light[..., None]
    image = (image * light - 128) * view.contrast + 128
    if conditions.gamma != 1:
        image = 255 * (np.clip(image, 0, 255) / 255)**conditions.gamma
    return image


def _slope(axis: np.ndarray, angle: float) -> np.ndarray:
    """Compute how far each pixel ``(S, S)`` is in a direction."""
    return (axis[None] * np.float32(np.cos(angle)) -
            axis[:, None] * np.float32(np.sin(angle)))


def photograph(image: np.ndarray, view: ViewParameters,
               conditions: FaceConditions) -> np.ndarray:
    """Add blur, noise, low resolution and compression.

    Args:
        image (np.ndarray): What :func:`expose` returns.
        view (ViewParameters): Noise.
        conditions (FaceConditions): The camera.

    Returns:
        np.ndarray: Of the same shape, uint8.
    """
    side = len(image)
    if conditions.blur:
        image = cv2.GaussianBlur(image, (0, 0), conditions.blur * side)
    sensor = max(8, round(conditions.resolution * side))
    if sensor < side:
        image = cv2.resize(
            image, (sensor, sensor), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(view.noise_seed).standard_normal(
        image.shape[:2], dtype=np.float32) * (255 * view.noise)
    image = image + (noise[..., None] if image.ndim == 3 else noise)
    image = np.rint(np.clip(image, 0, 255)).astype(np.uint8)
    if conditions.quality < 100:
        quality = (cv2.IMWRITE_JPEG_QUALITY, round(conditions.quality))
        image = cv2.imdecode(
            cv2.imencode('.jpg', image, quality)[1], cv2.IMREAD_UNCHANGED)
    if sensor < side:
        image = cv2.resize(image, (side, side))
    return image
