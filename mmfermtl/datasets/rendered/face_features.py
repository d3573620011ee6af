"""Render mouth, eyes, brows and nose, as the action units move them.

Points are ``(N, 2)`` float64 arrays of x and y in the units of
:mod:`~mmfermtl.datasets.rendered.face_parameters`. ``shade_*`` functions add
soft shadows and wrinkles, ``render_*`` functions what is sharp; ``side`` is
-1 for the left and 1 for the right half of the image, ``mouth`` what
:func:`mouth_lines` returns.
"""
import numpy as np

from .face_parameters import ExpressionParameters, FaceIdentity
from .face_pen import (BLACK, CIRCLE, EYE_HEIGHT, WHITE, Pen, between, curve,
                       mix, stroke, taper)


def mouth_lines(subject: FaceIdentity, face: ExpressionParameters) -> list:
    """Compute the four edges of the lips.

    Returns:
        list[np.ndarray]: Upper edge of the upper lip, inner edge of the upper
        and of the lower lip, lower edge of the lower lip; ``(25, 2)`` each,
        from left to right.
    """
    pull = np.array((face.lip_pull_left, face.lip_pull_right))
    smile = pull.min()
    corner_x = (subject.mouth_width + 0.09 * pull + 0.08 * face.lip_stretch -
                0.1 * face.jaw_drop - 0.02 * face.lip_press) * (-1, 1)
    corner_y = (
        subject.mouth_curve - 0.13 * pull + 0.1 * face.lip_depress +
        0.03 * face.lip_stretch + 0.15 * face.jaw_drop -
        0.02 * face.upper_lip_raise)
    top = (0.012 - 0.02 * pull.mean() - 0.065 * face.upper_lip_raise -
           0.035 * face.chin_raise - 0.03 * face.lip_depress)
    low = (
        top + 0.02 * smile + 0.075 * face.lips_part * (1 + 0.7 * smile) +
        0.32 * face.jaw_drop)
    # How far the lip halfway to a corner follows the corner: the less, the
    # squarer the mouth.
    near = max(
        0., 0.38 - 0.35 * face.lip_stretch - 0.15 * face.upper_lip_raise -
        0.3 * face.jaw_drop)
    rise_y = near * corner_y + (1 - near) * top + 0.02 * face.jaw_drop
    near = max(0., near - 0.12)
    fall_y = near * corner_y + (1 - near) * low - 0.05 * face.jaw_drop
    half = corner_x * (0.55 + 0.15 * face.jaw_drop)
    x = (corner_x[0], half[0], corner_x.mean(), half[1], corner_x[1])
    rise = np.array((rise_y[0], top, rise_y[1]))
    fall = np.maximum((fall_y[0], low, fall_y[1]), rise)
    thick = (
        subject.lip_fullness * (1 - 0.7 * face.lip_press) *
        (1 - 0.25 * smile) * (1 - 0.25 * face.lip_stretch))
    bow = np.array((0.048, 0.046, 0.048)) * thick
    full = np.array((0.052, 0.07, 0.052)) * (
        thick * (1 + 0.3 * face.chin_raise))

    def line(inner):
        y = (corner_y[0], *inner, corner_y[1])
        return curve(np.stack([x, y], axis=1)) + (0, subject.mouth_height)

    return [line(rise - bow), line(rise), line(fall), line(fall + full)]


def shade_mouth(pen: Pen, subject: FaceIdentity, face: ExpressionParameters,
                mouth: list) -> None:
    """Shade nasolabial folds, dimples, chin and the shadow below the lip."""
    upper, rise, _, lower = mouth
    pen.shade(stroke(lower[6:19] + (0, 0.05), 0.06), -0.35, pen.broad)
    pen.shade(stroke(lower[7:18] + (0, 0.025), 0.02), -0.14)
    pen.crease([(0., 0.25), (0., upper[12, 1])], 0.05, -0.08)
    pulls = (face.lip_pull_left, face.lip_pull_right)
    smile = min(pulls)
    for side, end, pull in zip((-1, 1), (rise[0], rise[-1]), pulls):
        wing = np.array((side * (subject.nose_width + 0.02),
                         0.13 - 0.04 * face.nose_wrinkle))
        fold = min(
            0.1 * subject.wrinkles + 0.25 * pull + 0.2 * face.nose_wrinkle +
            0.16 * face.upper_lip_raise + 0.1 * face.lip_stretch, 0.36)
        bend = (wing + end) / 2 + (side * (0.06 + 0.04 * pull), -0.02)
        foot = end + np.array([(side * 0.07, -0.01), (side * 0.06, 0.06)])
        pen.crease([wing, bend, *foot], 0.036, -fold)
        pen.crease(
            np.array([wing, bend, foot[0]]) + (side * 0.1, -0.03), 0.13,
            0.4 * fold, pen.broad)
        dimple = np.array([(0.03, -0.07), (0.055, 0.), (0.03, 0.06)])
        pen.crease(end + dimple * (side, 1), 0.04,
                   -0.12 * pull - 0.36 * (pull - smile))
        droop = np.array([(0., 0.01), (0.03, 0.06), (0.03, 0.12)])
        pen.crease(end + droop * (side, 1), 0.035, -0.3 * face.lip_depress)
    dent = np.array([(-0.09, 0.), (0., -0.03), (0.09, 0.)])
    pen.crease(dent + (0, subject.chin - 0.17), 0.05, -0.3 * face.chin_raise)


def render_mouth(pen: Pen, subject: FaceIdentity, face: ExpressionParameters,
                 mouth: list) -> None:
    """Fill the lips, and teeth and tongue where the lips part."""
    upper, rise, fall, lower = mouth
    lip = mix(subject.skin, (96, 88, 196), subject.lip_redness) * 0.84
    pen.fill(between(upper, rise), lip * 0.88)
    pen.fill(between(fall, lower), lip)
    shine = fall + (lower - fall) * 0.45
    pen.fill(stroke(shine[8:17], 0.018), mix(lip, WHITE, 0.22))
    if np.max(fall - rise) > 0.02:
        pen.fill(between(rise, fall), (34, 22, 62))
        tongue = np.maximum(fall - (0, 0.1), rise + (0, 0.13))[5:-5]
        if np.min(fall[5:-5, 1] - tongue[:, 1]) > 0.01:
            pen.fill(between(tongue, fall[5:-5]), (92, 84, 190))
        length = (0.085 - 0.025 * face.jaw_drop) * np.sqrt(
            2 * taper(len(rise), 0.)[:, None])
        teeth = np.minimum(rise + length * (0, 1), rise + 0.82 * (fall - rise))
        pen.fill(between(rise[2:-2], teeth[2:-2]), (226, 238, 244))
    pen.fill(stroke(rise, 0.02, 0.4), mix(lip, (20, 12, 40), 0.65))
    for end in (rise[0], rise[-1]):
        pen.fill(end + CIRCLE * (0.012, 0.006 + 0.01 * face.lip_press),
                 lip * 0.45)


def _lids(subject: FaceIdentity, face: ExpressionParameters) -> tuple:
    """Compute upper and lower lid, ``(25, 2)``, from the inner corner out."""
    wide, tilt = subject.eye_size, subject.eye_tilt
    base = 0.47 * wide * subject.eye_openness
    up = base * (1 + 0.75 * face.upper_lid_raise - 0.35 * face.lid_tighten -
                 0.5 * face.lid_droop - 0.1 * face.cheek_raise -
                 0.2 * face.nose_wrinkle)
    low = base * (0.8 + 0.25 * face.upper_lid_raise - 0.4 * face.lid_tighten -
                  0.75 * face.cheek_raise)
    worry = 0.03 * face.inner_brow_raise * (1 - face.outer_brow_raise)
    glare = 0.025 * face.brow_lower
    inner, outer = (-wide, 0.02), (wide, worry - tilt)
    upper = curve([
        inner, (-0.55 * wide, glare - worry - 0.82 * up),
        (0, 0.5 * glare - up), (0.6 * wide, -0.8 * up - tilt / 2), outer
    ])
    lower = curve([
        inner, (-0.45 * wide, 0.75 * low), (0, low), (0.6 * wide, 0.72 * low),
        outer
    ])
    return upper, np.maximum(lower, upper)


def render_eye(pen: Pen, subject: FaceIdentity, face: ExpressionParameters,
               side: int) -> None:
    """Fill the eyeball, the iris between the lids, and the lashes."""
    upper, lower = _lids(subject, face)
    centre = np.array((side * subject.eye_spacing, EYE_HEIGHT))

    def put(outline, colour):
        pen.fill(outline * (side, 1) + centre, colour)

    def between_lids(outline):
        x, y = outline.T
        top = np.interp(x, upper[:, 0], upper[:, 1])
        bottom = np.interp(x, lower[:, 0], lower[:, 1])
        y = np.minimum(np.maximum(y, top), bottom)
        return np.stack([x, y], axis=1)

    put(between(upper, lower), (232, 236, 240))
    put(between(upper, np.minimum(upper + (0, 0.03), lower)), (190, 196, 204))
    gaze = np.array((side * pen.view.gaze_x, pen.view.gaze_y - 0.012))
    iris = subject.eye_colour
    for radius, colour in ((0.09, mix(iris, BLACK, 0.5)), (0.076, iris),
                           (0.042, (18, 14, 14))):
        put(between_lids(CIRCLE * radius + gaze), colour)
    put(between_lids(CIRCLE * 0.022 + gaze - (side * 0.03, 0.032)), WHITE)
    lash = upper.copy()
    lash[-3:] += subject.lashes * np.array([(0.006, -0.004), (0.014, -0.012),
                                            (0.028, -0.026)])
    put(
        stroke(lash, 0.03 + 0.018 * subject.lashes, 0.3),
        mix(subject.skin, (24, 18, 26), 0.8))
    put(stroke(lower, 0.014, 0.3), mix(subject.skin, BLACK, 0.38))


def shade_eye(pen: Pen, subject: FaceIdentity, face: ExpressionParameters,
              side: int) -> None:
    """Shade socket, crease of the lid, pouch, cheek and crow's feet."""
    centre = np.array((side * subject.eye_spacing, EYE_HEIGHT))
    wide = subject.eye_size

    def line(points, width, amount):
        pen.crease(points * np.array((side * wide, wide)) + centre, width,
                   amount)

    socket = CIRCLE * (1.45 * wide, 0.15) + centre - (0, 0.02)
    pen.shade(socket, -0.16, pen.broad)
    high = 0.2 * face.lid_droop - 0.3 * face.upper_lid_raise - 0.78
    line([(-0.95, -0.25), (-0.3, high), (0.5, high + 0.05), (1.05, -0.25)],
         0.022, -0.32)
    line([(-0.9, 0.3), (-0.2, 0.72), (0.6, 0.62)], 0.03,
         -0.08 - 0.1 * subject.wrinkles - 0.25 * face.cheek_raise)
    cheek = CIRCLE * (0.19, 0.12) + (side * 0.42,
                                     0.17 - 0.07 * face.cheek_raise)
    pen.shade(cheek, -0.45 * subject.blush, pen.blush)
    pen.shade(cheek, 0.06 + 0.14 * face.cheek_raise, pen.broad)
    for fan in (-0.3, 0.05, 0.4):
        line([(1.15, 0.3 * fan), (1.35, 0.7 * fan), (1.6, fan)], 0.02,
             -0.3 * (0.4 + subject.wrinkles) * face.cheek_raise)


def render_brow(pen: Pen, subject: FaceIdentity, face: ExpressionParameters,
                side: int) -> None:
    """Fill one eyebrow."""
    inner, outer = face.inner_brow_raise, face.outer_brow_raise
    lower = face.brow_lower + 0.4 * face.nose_wrinkle
    arch, middle = subject.brow_arch, subject.eye_spacing
    x = np.array((-1.15, -0.35, 0.5, 1.3)) * subject.eye_size + middle
    x -= np.array((0.035, 0.02, 0., 0.)) * lower
    y = np.array((
        0.015 - 0.1 * inner + 0.11 * lower,
        -0.4 * arch - 0.075 * inner - 0.04 * outer + 0.065 * lower,
        -arch - 0.01 * inner - 0.11 * outer + 0.025 * lower,
        0.02 - subject.brow_slant + 0.03 * inner - 0.1 * outer,
    ))
    y += EYE_HEIGHT - subject.brow_height + 0.03
    shape = stroke(
        curve(np.stack([x, y], axis=1)), 1.6 * subject.brow_thickness, 0.35)
    pen.fill(shape * (side, 1),
             mix(mix(subject.hair_colour, BLACK, 0.28), subject.skin, 0.12))


def shade_brows(pen: Pen, subject: FaceIdentity,
                face: ExpressionParameters) -> None:
    """Shade the wrinkles across the forehead and between the brows."""
    raised = 0.5 * (face.inner_brow_raise + face.outer_brow_raise)
    centred = max(0., face.inner_brow_raise - face.outer_brow_raise)
    depth = (0.06 + 0.2 * raised) * subject.wrinkles + 0.14 * raised
    for y, part in ((-0.58, 1.), (-0.65, 0.9), (-0.72, 0.7)):
        x = (0.42 - 0.2 * centred) * part
        pen.crease([(-x, y + 0.02), (-0.5 * x, y - 0.01), (0.5 * x, y - 0.01),
                    (x, y + 0.02)], 0.025, -depth)
    pen.shade(CIRCLE * 0.1 + (0, -0.36), -0.15 * face.brow_lower, pen.broad)
    for side in (-1, 1):
        pen.crease([(side * 0.05, -0.27), (side * 0.065, -0.37),
                    (side * 0.045, -0.47)], 0.028, -0.42 * face.brow_lower)


def shade_nose(pen: Pen, subject: FaceIdentity,
               face: ExpressionParameters) -> None:
    """Shade bridge, flanks and tip, and the wrinkles of disgust."""
    tip, wide = EYE_HEIGHT + subject.nose_length, subject.nose_width
    pen.shade(CIRCLE * (0.035, 0.17) + (0, tip - 0.2), 0.2, pen.broad, 0.2)
    pen.shade(CIRCLE * (0.04, 0.03) + (-0.01, tip - 0.05), 0.16, None, 0.25)
    pen.shade(CIRCLE * (wide, 0.035) + (0, tip + 0.05), -0.22, pen.broad)
    for side in (-1, 1):
        flank = [(side * 0.09, -0.34), (side * 0.07, -0.16),
                 (side * (0.03 + 0.5 * wide), tip - 0.1)]
        pen.crease(flank, 0.06, -0.2, pen.broad, 0.1)
        for y in (-0.2, -0.14, -0.08):
            wrinkle = [(side * 0.02, y + 0.02), (side * 0.07, y),
                       (side * 0.12, y - 0.05)]
            pen.crease(wrinkle, 0.026, -0.36 * face.nose_wrinkle, None, 0.15)


def render_nose(pen: Pen, subject: FaceIdentity,
                face: ExpressionParameters) -> None:
    """Fill wings, nostrils and base."""
    tip = (
        EYE_HEIGHT + subject.nose_length - 0.045 * face.nose_wrinkle -
        0.02 * face.upper_lip_raise)
    wide = subject.nose_width * (1 + 0.14 * face.nose_wrinkle)
    shadow = mix(subject.skin, BLACK, 0.34)
    for side in (-1, 1):
        wing = curve([(side * 0.8 * wide, tip - 0.07),
                      (side * wide, tip - 0.01),
                      (side * 0.75 * wide, tip + 0.035)])
        pen.fill(stroke(wing, 0.026), shadow, 0.12)
        nostril = CIRCLE * (0.042, 0.02) + (side * 0.46 * wide, tip + 0.025)
        pen.fill(nostril, mix(subject.skin, BLACK, 0.64), 0.16)
    base = curve([(-0.35 * wide, tip + 0.035), (0, tip + 0.055),
                  (0.35 * wide, tip + 0.035)])
    pen.fill(stroke(base, 0.018), shadow, 0.16)
