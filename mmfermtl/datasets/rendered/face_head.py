"""Render head, hair, beard and glasses."""
import numpy as np

from .face_parameters import ExpressionParameters, FaceIdentity
from .face_pen import (BLACK, CIRCLE, EYE_HEIGHT, WHITE, Pen, between, curve,
                       mix, stroke)


def render_head(pen: Pen, subject: FaceIdentity,
                face: ExpressionParameters) -> None:
    """Fill clothes, neck, ears and the skin of the face."""
    wide, chin = subject.face_width, subject.chin + 0.14 * face.jaw_drop
    jaw = wide * subject.jaw_width
    half = np.array([(0.55 * wide, -1.12), (0.93 * wide, -0.72), (wide, -0.2),
                     (0.96 * wide, 0.2),
                     (0.5 * wide + 0.46 * jaw, 0.48 + 0.05 * face.jaw_drop),
                     (0.72 * jaw, chin - 0.17), (0.34 * jaw, chin - 0.025)])
    head = curve([(0, -1.25), *half, (0, chin), *(half[::-1] * (-1, 1))], True)
    shoulders = curve([(-1.4, 1.5), (-0.9, 0.98), (0, 0.9), (0.9, 0.98),
                       (1.4, 1.5)])
    neck = np.array([(-0.62, 0.3), (0.62, 0.3), (0.68, 1.1), (0., 1.4),
                     (-0.68, 1.1)])
    pen.fill(shoulders, subject.clothes, -0.5)
    pen.fill(neck * (wide, 1), mix(subject.skin, BLACK, 0.28), -0.4)
    for side in (-1, 1):
        ear = CIRCLE * (0.08, 0.17) + (side * (wide + 0.01), -0.08)
        pen.fill(ear, mix(subject.skin, BLACK, 0.12))
    pen.fill(head, subject.skin)
    pen.shade(stroke(head[6:-6], 0.12, 0.7), -0.25, pen.broad)
    pen.shade(CIRCLE * (0.3, 0.14) + (0, -0.5), 0.1, pen.broad)
    pen.shade(stroke(_hairline(subject), 0.14, 0.5), -0.3, pen.broad)
    rng = np.random.default_rng(subject.texture_seed)
    for spot in rng.normal(0, 1, (max(0, int(14 * subject.freckles)), 2)):
        at = spot * (0.16, 0.06) + (0.24 * np.sign(spot[0]), 0.1)
        pen.shade(CIRCLE[::4] * 0.016 + at, -0.25)


def render_beard(pen: Pen, subject: FaceIdentity, face: ExpressionParameters,
                 mouth: list) -> None:
    """Fill or shade the beard, which moves with mouth and jaw."""
    wide, chin = subject.face_width, subject.chin + 0.14 * face.jaw_drop
    jaw = wide * subject.jaw_width
    upper, lower = mouth[0], mouth[3]
    cheek = np.array([(0.97 * wide, -0.1), (0.85 * wide, 0.2),
                      (0.62 * wide, 0.36), (0.33, 0.37)])
    under = np.array([(0.97 * wide, 0.2), (0.5 * wide + 0.46 * jaw, 0.48),
                      (0.73 * jaw, chin - 0.16), (0.34 * jaw, chin - 0.01)])
    under = curve([(-0.02, chin + 0.012), *under[::-1]])[6:]
    beard = np.concatenate([
        cheek, [(0., upper[12, 1] - 0.06)], (cheek * (-1, 1))[::-1],
        under[::-1] * (-1, 1), under
    ])
    if subject.beard == 'stubble':
        pen.shade(beard, -0.2, pen.broad)
    if subject.beard == 'full':
        pen.fill(beard, mix(subject.skin, subject.hair_colour, 0.65))
    if subject.beard == 'goatee':
        bib = [(-0.15, lower[12, 1] + 0.05), (-0.19, chin - 0.1),
               (-0.1, chin + 0.01), (0.1, chin + 0.01), (0.19, chin - 0.1),
               (0.15, lower[12, 1] + 0.05)]
        pen.fill(curve(bib, True), mix(subject.hair_colour, BLACK, 0.1))
    if subject.beard in ('moustache', 'goatee'):
        pen.fill(
            between(upper[1:-1] - (0, 0.01),
                    (upper[1:-1] - (0, 0.09)) * (0.85, 1)),
            mix(subject.hair_colour, BLACK, 0.1))


def _hairline(subject: FaceIdentity) -> np.ndarray:
    """Compute the edge of the hair over the forehead.

    Returns:
        np.ndarray: ``(49, 2)``, from left to right.
    """
    wide, top, style = subject.face_width, subject.hairline, subject.hair_style
    low = {'long': 0.1, 'bob': 0.1, 'curly': -0.15}.get(style, -0.3)
    x = np.array((-1.01, -0.9, -0.72, -0.4, 0., 0.4, 0.72, 0.9, 1.01))
    y = np.full(9, top)
    if style in ('parted', 'long'):
        y = top - 0.1 + 0.3 * np.abs(x - subject.parting)**1.3
    elif style in ('fringe', 'bob'):
        y += 0.12
    elif style == 'receding':
        y -= (0., 0., 0.2, 0.12, 0., 0.12, 0.2, 0., 0.)
    else:
        y[[2, 6]] += 0.08
    y[[0, 1, 7, 8]] = low, -0.42, -0.42, low
    return curve(np.stack([x * wide, y], axis=1))


def render_hair_behind(pen: Pen, subject: FaceIdentity) -> None:
    """Fill the part of long hair that hangs behind the face."""
    wide = subject.face_width
    reach = {'long': 1.3, 'bob': 0.55}.get(subject.hair_style)
    if reach:
        half = np.array([(0.5, -1.3), (wide + 0.13, -0.6), (wide + 0.2, 0.2),
                         (wide + 0.14, reach)])
        pen.fill(
            curve(between(half, half * (-1, 1)), True),
            mix(subject.hair_colour, BLACK, 0.2), -0.3)


def render_hair(pen: Pen, subject: FaceIdentity) -> None:
    """Fill the hair, and a few strands that are darker or lighter."""
    rng = np.random.default_rng(subject.texture_seed)
    wide, edge = subject.face_width + 0.05, _hairline(subject)
    cover = 0.6 if subject.hair_style == 'buzz' else 1.
    colour = mix(subject.skin, subject.hair_colour, cover)
    crown = curve([(wide - 0.04, edge[-1, 1]), (wide, -0.75),
                   (0.7 * wide, -1.25), (0., -1.45), (-0.7 * wide, -1.25),
                   (-wide, -0.75), (0.04 - wide, edge[0, 1])])
    if subject.hair_style == 'curly':
        places = np.concatenate([edge[4:-4:3] - (0, 0.08), crown[2:-2:3]])
        for at, shade in zip(places, rng.uniform(0., 0.15, len(places))):
            pen.fill(CIRCLE * 0.13 + at, mix(colour, BLACK, shade))
    pen.fill(np.concatenate([edge, crown]), colour)
    root = np.array((0.6 * wide * subject.parting, -1.3))
    for at in rng.integers(14, len(edge) - 14, 8):
        end = edge[at] - (0, 0.03)
        bend = (root + end) / 2 + (0.25 * (end - root)[0], -0.05)
        tone = mix(colour, BLACK if at % 2 else WHITE, rng.uniform(0.05, 0.22))
        pen.fill(stroke(curve([root, bend, end]), 0.035), tone)


def render_glasses(pen: Pen, subject: FaceIdentity) -> None:
    """Fill rims, arms and bridge."""
    # A superellipse: power 1 gives a circle, below that a rounded square.
    power = 1. if subject.glasses == 'round' else 0.5
    rim = np.sign(CIRCLE) * np.abs(CIRCLE)**power * (0.255, 0.2)
    colour = mix((44, 36, 40), subject.hair_colour, 0.3)
    x, y = subject.eye_spacing + 0.005, EYE_HEIGHT + 0.02
    for side in (-1, 1):
        loop = np.concatenate([rim, 0.88 * rim[::-1]]) + (side * x, y)
        pen.fill(loop, colour, 0.1)
        arm = np.array([(side * (x + 0.24), y - 0.04),
                        (side * subject.face_width, y - 0.07)])
        pen.fill(stroke(arm, 0.03, 1.), colour, 0.05)
    bridge = curve([(0.25 - x, y - 0.03), (0, y - 0.06), (x - 0.25, y - 0.03)])
    pen.fill(stroke(bridge, 0.032, 1.), colour, 0.15)
