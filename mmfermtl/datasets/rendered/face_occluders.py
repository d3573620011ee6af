"""Render what covers a part of a face."""
import numpy as np

from .face_conditions import FaceConditions
from .face_parameters import FaceIdentity
from .face_pen import BLACK, CIRCLE, EYE_HEIGHT, WHITE, Pen, curve, mix, stroke

#: Side of the root from the palm, and length.
FINGERS = ((-0.21, 0.42), (-0.07, 0.52), (0.07, 0.54), (0.21, 0.44))


def render_occluder(pen: Pen, subject: FaceIdentity,
                    conditions: FaceConditions) -> None:
    """Fill the occluder of a frame, if it has one."""
    kind = conditions.occluder
    if kind != 'none':
        _RENDERERS[kind](pen, subject, conditions)


def _render_hand(pen: Pen, subject: FaceIdentity,
                 conditions: FaceConditions) -> None:
    """Fill a hand that leans on the cheek; its fingers reach the mouth."""
    side, reach = conditions.occluder_side, conditions.occluder_reach
    corner = np.array((0.62 - 0.3 * reach, 0.72 - 0.12 * reach))
    rim = mix(subject.skin, BLACK, 0.45)
    palm = mix(subject.skin, BLACK, 0.1)
    arm = np.array([corner + (0.05, 0.1), corner + (0.3, 1.)])
    for width, colour in ((0.46, rim), (0.42, palm)):
        pen.fill(stroke(arm * (side, 1), width, 1.), colour, 0.2)
    for spread, length in FINGERS:
        root = corner + (spread, 0.12)
        tip = root + (1.1 * spread - 0.08, -length)
        finger = curve([root, (root + tip) / 2 + (0.02, 0.), tip])
        for width, colour in ((0.16, rim), (0.125, palm)):
            pen.fill(stroke(finger * (side, 1), width, 0.8), colour, 0.2)
        nail = CIRCLE * (0.035, 0.05) + tip + (0., 0.06)
        pen.fill(nail * (side, 1), mix(palm, WHITE, 0.25), 0.2)


def _render_scarf(pen: Pen, subject: FaceIdentity,
                  conditions: FaceConditions) -> None:
    """Fill a scarf from the chin, at most from the upper lip, down."""
    side, reach = conditions.occluder_side, conditions.occluder_reach
    top = 0.78 - 0.34 * reach
    edge = curve([(-1.2, top - 0.16 - 0.06 * side), (-0.5, top - 0.02),
                  (0., top + 0.03), (0.5, top - 0.02),
                  (1.2, top - 0.16 + 0.06 * side)])
    colour = conditions.occluder_colour
    foot = np.array([(1.3, 1.6), (-1.3, 1.6)])
    pen.fill(np.concatenate([edge, foot]), colour, 0.15)
    for drop, tone in ((0.02, WHITE), (0.14, BLACK), (0.24, WHITE), (0.36,
                                                                     BLACK)):
        fold = edge[2:-2] + (0., drop)
        pen.fill(stroke(fold, 0.05), mix(colour, tone, 0.22), 0.15)


def _render_sunglasses(pen: Pen, subject: FaceIdentity,
                       conditions: FaceConditions) -> None:
    """Fill dark lenses, which the brows may stick out of."""
    size = 0.2 + 0.06 * conditions.occluder_reach
    lens = np.sign(CIRCLE) * np.abs(CIRCLE)**0.7 * (size + 0.05, size)
    colour = mix(conditions.occluder_colour, BLACK, 0.8)
    x, y = subject.eye_spacing, EYE_HEIGHT + 0.03
    for side in (-1, 1):
        pen.fill(lens + (side * x, y), colour, 0.12)
        pen.fill(CIRCLE * (0.06, 0.03) + (side * x - 0.08, y - 0.08),
                 mix(colour, WHITE, 0.3), 0.12)
        arm = np.array([(side * (x + size), y - 0.06),
                        (side * (subject.face_width + 0.03), y - 0.07)])
        pen.fill(stroke(arm, 0.05, 1.), colour, 0.05)
    bridge = curve([(0.2 - x, y - 0.06), (0., y - 0.09), (x - 0.2, y - 0.06)])
    pen.fill(stroke(bridge, 0.05, 1.), colour, 0.15)


def _render_strand(pen: Pen, subject: FaceIdentity,
                   conditions: FaceConditions) -> None:
    """Fill hair that hangs over one brow, the more so over the eye."""
    side, reach = conditions.occluder_side, conditions.occluder_reach
    for shift, width, tone in ((0., 1., 0.), (-0.06, 0.35, 0.2), (0.05, 0.3,
                                                                  0.12)):
        lock = curve([(0.02 + shift, -1.15), (0.22 + shift, -0.7),
                      (0.4 + shift - 0.05 * reach, -0.3),
                      (0.52 + shift, 0.05 + 0.3 * reach)])
        pen.fill(
            stroke(lock * (side, 1), (0.16 + 0.14 * reach) * width, 0.25),
            mix(subject.hair_colour, BLACK, tone), 0.1)


def _render_microphone(pen: Pen, subject: FaceIdentity,
                       conditions: FaceConditions) -> None:
    """Fill a microphone before chin and mouth."""
    side, reach = conditions.occluder_side, conditions.occluder_reach
    at = np.array((side * (0.22 - 0.16 * reach), 0.82 - 0.22 * reach))
    colour = mix(conditions.occluder_colour, BLACK, 0.65)
    handle = np.array([at, at + (side * 0.35, 1.)])
    pen.fill(stroke(handle, 0.14, 1.), mix(colour, BLACK, 0.4), 0.35)
    for radius, tone in ((0.17, 0.), (0.11, 0.12), (0.05, 0.25)):
        shine = at - (0.2 * (0.17 - radius), 0.3 * (0.17 - radius))
        pen.fill(CIRCLE * radius + shine, mix(colour, WHITE, tone), 0.35)


_RENDERERS = dict(
    hand=_render_hand,
    scarf=_render_scarf,
    sunglasses=_render_sunglasses,
    strand=_render_strand,
    microphone=_render_microphone)
