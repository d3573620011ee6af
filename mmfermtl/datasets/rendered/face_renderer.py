"""Render a face from its parameters, so that recipes need no download."""
import cv2
import numpy as np

from .face_camera import expose, photograph
from .face_conditions import FaceConditions
from .face_features import (mouth_lines, render_brow, render_eye, render_mouth,
                            render_nose, shade_brows, shade_eye, shade_mouth,
                            shade_nose)
from .face_head import (render_beard, render_glasses, render_hair,
                        render_hair_behind, render_head)
from .face_occluders import render_occluder
from .face_parameters import ExpressionParameters, FaceIdentity, ViewParameters
from .face_pen import Pen


def _render_layers(pen: Pen, subject: FaceIdentity,
                   face: ExpressionParameters) -> None:
    """Render the skin with its shadows, then the sharp features."""
    mouth = mouth_lines(subject, face)
    render_hair_behind(pen, subject)
    render_head(pen, subject, face)
    render_beard(pen, subject, face, mouth)
    for side in (-1, 1):
        shade_eye(pen, subject, face, side)
    shade_brows(pen, subject, face)
    shade_nose(pen, subject, face)
    shade_mouth(pen, subject, face, mouth)
    pen.apply_shade()
    render_nose(pen, subject, face)
    render_mouth(pen, subject, face, mouth)
    for side in (-1, 1):
        render_eye(pen, subject, face, side)
        render_brow(pen, subject, face, side)
    render_hair(pen, subject)
    if subject.glasses != 'none':
        render_glasses(pen, subject)


def render_face(
    identity: FaceIdentity,
    expression: ExpressionParameters,
    view: ViewParameters,
    size: int = 48,
    channels: int = 1,
    conditions: FaceConditions = FaceConditions()
) -> np.ndarray:
    """Render a face.

    Args:
        identity (FaceIdentity): The subject.
        expression (ExpressionParameters): Strengths of the action units.
        view (ViewParameters): Pose, light and camera.
        size (int): Side ``S`` of the image in pixels, 16 to 1024. Defaults to
            48.
        channels (int): 1 (grey) or 3 (BGR). Defaults to 1.
        conditions (FaceConditions): Shadow, camera and occluder. Defaults to
            those of a studio, none.

    Returns:
        np.ndarray: ``(S, S)`` or ``(S, S, 3)`` uint8. The same arguments give
        the same image.

    Raises:
        ValueError: If ``size`` or ``channels`` is none of these.

    Examples:
        >>> import numpy as np
        >>> from mmfermtl.datasets.rendered.face_parameters import (
        ...     expression_parameters, sample_identity, sample_view)
        >>> from mmfermtl.datasets.rendered.face_renderer import render_face
        >>> rng = np.random.default_rng(0)
        >>> subject = sample_identity(rng)
        >>> joy = expression_parameters('happiness', 1., rng)
        >>> render_face(subject, joy, sample_view(rng)).shape
        (48, 48)
    """
    if channels not in (1, 3) or size not in range(16, 1025):
        raise ValueError(f'size={size!r}, channels={channels!r}; give a size '
                         'from 16 to 1024 and 1 or 3 channels')
    pen = Pen(view, int(size), channels)
    _render_layers(pen, identity, expression)
    render_occluder(pen, identity, conditions)
    pen.flush()
    image = cv2.resize(
        pen.image, (int(size), int(size)), interpolation=cv2.INTER_AREA)
    return photograph(expose(image, view, conditions), view, conditions)
