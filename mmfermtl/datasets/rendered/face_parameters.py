"""Parameters of a rendered face: a subject, an expression and a view.

All lengths are in half image sides: x runs from -1 (left edge) to 1 (right
edge), y from -1 (top) to 1 (bottom), and the eyes are at y = -0.22. Colours
are (blue, green, red) in 0..255. Every value range is our choice.
"""
from dataclasses import dataclass, field, fields, replace
from typing import Any, Dict, Sequence, Tuple

import numpy as np

Colour = Tuple[int, int, int]

SKIN_TONES = ((203, 219, 250), (178, 202, 240), (152, 184, 230),
              (126, 160, 214), (100, 134, 190), (86, 114, 166), (74, 98, 146))
HAIR_COLOURS = ((32, 28, 30), (38, 50, 74), (48, 74, 112), (78, 124, 166),
                (126, 176, 212), (40, 78, 156), (168, 168, 172))
EYE_COLOURS = ((44, 66, 104), (36, 48, 72), (150, 120, 84), (86, 122, 96))
CLOTHES = ((150, 96, 60), (84, 84, 190), (96, 140, 70), (140, 130, 40),
           (90, 70, 120), (70, 160, 215))
HAIR_STYLES = ('short', 'parted', 'fringe', 'receding', 'buzz', 'curly',
               'long', 'bob')
GLASSES = ('none', 'round', 'square')
BEARDS = ('none', 'stubble', 'moustache', 'goatee', 'full')

# Peak strength of each action unit, as the range that subjects differ in.
# The units follow the EMFACS prototypes (Friesen and Ekman, 1983); the
# numbers are our choice.
PROTOTYPES: Dict[str, Dict[str, Tuple[float, float]]] = {
    'neutral': {},
    'anger': dict(
        brow_lower=(0.85, 1.1), upper_lid_raise=(0.1, 0.4),
        lid_tighten=(0.6, 1.0), lip_press=(0.7, 1.0), lip_depress=(0.1, 0.4),
        chin_raise=(0.1, 0.5)),
    'contempt': dict(
        lip_pull_left=(0.85, 1.1), lip_press=(0.3, 0.5),
        lid_droop=(0.4, 0.65)),
    'disgust': dict(
        nose_wrinkle=(0.8, 1.1), upper_lip_raise=(0.75, 1.1),
        brow_lower=(0.25, 0.5), cheek_raise=(0.4, 0.7),
        lid_tighten=(0.3, 0.7), lip_depress=(0.15, 0.4),
        lips_part=(0.4, 0.9)),
    'fear': dict(
        inner_brow_raise=(0.8, 1.0), outer_brow_raise=(0.2, 0.5),
        brow_lower=(0.2, 0.5), upper_lid_raise=(0.7, 1.0),
        lip_stretch=(0.8, 1.1), lip_depress=(0.25, 0.45),
        lips_part=(0.6, 1.0), jaw_drop=(0.0, 0.2)),
    'happiness': dict(
        cheek_raise=(0.6, 1.0), lip_pull_left=(0.8, 1.05),
        lip_pull_right=(0.8, 1.05), lips_part=(0.4, 1.1),
        jaw_drop=(0.0, 0.15)),
    'sadness': dict(
        inner_brow_raise=(0.7, 1.0), brow_lower=(0.2, 0.4),
        lid_droop=(0.3, 0.6), lip_depress=(0.7, 1.1), chin_raise=(0.3, 0.9)),
    'surprise': dict(
        inner_brow_raise=(0.8, 1.1), outer_brow_raise=(0.8, 1.1),
        upper_lid_raise=(0.4, 0.9), lips_part=(0.2, 0.5),
        jaw_drop=(0.6, 1.0)),
}  # yapf: disable


def sampled(low: float, high: float, **kwargs):
    """Declare a field that is sampled uniformly from [low, high]."""
    return field(metadata={'range': (low, high)}, **kwargs)


@dataclass(frozen=True)
class FaceIdentity:
    """Appearance of a subject, whatever the expression and the view."""
    face_width: float = sampled(0.68, 0.82)
    jaw_width: float = sampled(0.7, 0.87)  # as a part of face_width
    chin: float = sampled(0.86, 0.96)  # y of the tip of the chin
    hairline: float = sampled(-0.8, -0.68)  # y in the middle
    parting: float = sampled(-0.6, 0.6)  # x, as a part of face_width
    eye_size: float = sampled(0.155, 0.195)  # half the width of an eye
    eye_openness: float = sampled(0.85, 1.12)  # 1: average
    eye_spacing: float = sampled(0.33, 0.385)  # x of the middle of an eye
    eye_tilt: float = sampled(-0.012, 0.03)  # rise of the outer corner
    lashes: float = sampled(0., 1.)  # 0: none, 1: full
    brow_thickness: float = sampled(0.03, 0.06)
    brow_height: float = sampled(0.19, 0.235)  # above the eye
    brow_arch: float = sampled(0.01, 0.05)
    brow_slant: float = sampled(-0.015, 0.03)  # rise of the outer end
    nose_width: float = sampled(0.13, 0.19)  # half of it
    nose_length: float = sampled(0.34, 0.44)
    mouth_height: float = sampled(0.46, 0.52)  # y of the closed mouth
    mouth_width: float = sampled(0.23, 0.31)  # half of it
    mouth_curve: float = sampled(-0.012, 0.018)  # how corners hang at rest
    lip_fullness: float = sampled(0.7, 1.35)  # 1: average
    lip_redness: float = sampled(0.1, 0.75)  # 0: as the skin, 1: red
    freckles: float = sampled(-1.5, 1.)  # none up to 0, 1: many
    wrinkles: float = sampled(0., 1.)  # depth of the lines of age
    blush: float = sampled(0.1, 0.8)
    skin: Colour
    hair_colour: Colour
    eye_colour: Colour
    clothes: Colour
    hair_style: str  # one of HAIR_STYLES
    glasses: str  # one of GLASSES
    beard: str  # one of BEARDS
    texture_seed: int  # fixes freckles and strands of hair


@dataclass(frozen=True)
class ExpressionParameters:
    """Strengths of action units, 0 (rest) to about 1.1 (strong peak).

    The number in each comment is the unit of the Facial Action Coding
    System. Left and right are those of the image. All zero is the neutral
    face.
    """
    inner_brow_raise: float = 0.  # 1
    outer_brow_raise: float = 0.  # 2
    brow_lower: float = 0.  # 4
    upper_lid_raise: float = 0.  # 5
    cheek_raise: float = 0.  # 6
    lid_tighten: float = 0.  # 7
    nose_wrinkle: float = 0.  # 9
    upper_lip_raise: float = 0.  # 10
    lip_pull_left: float = 0.  # 12 and 14
    lip_pull_right: float = 0.  # 12 and 14
    lip_depress: float = 0.  # 15
    chin_raise: float = 0.  # 17
    lip_stretch: float = 0.  # 20
    lip_press: float = 0.  # 23 and 24
    lips_part: float = 0.  # 25
    jaw_drop: float = 0.  # 26 and 27
    lid_droop: float = 0.  # 43


@dataclass(frozen=True)
class ViewParameters:
    """Pose of the head, light and camera."""
    shift_x: float = sampled(-0.04, 0.04, default=0.)
    shift_y: float = sampled(-0.04, 0.04, default=0.)
    rotation: float = sampled(-5, 5, default=0.)  # degrees, clockwise
    scale: float = sampled(0.95, 1.05, default=1.)
    yaw: float = sampled(-0.16, 0.16, default=0.)  # > 0: nose to the right
    pitch: float = sampled(-0.07, 0.07, default=0.)  # > 0: nose down
    gaze_x: float = sampled(-0.03, 0.03, default=0.)
    gaze_y: float = sampled(-0.01, 0.015, default=0.)
    light_angle: float = sampled(-np.pi, np.pi, default=0.)  # 0: right
    light_strength: float = sampled(0., 0.35, default=0.)
    brightness: float = sampled(0.86, 1.04, default=1.)
    contrast: float = sampled(0.88, 1.18, default=1.)
    noise: float = sampled(0., 0.015, default=0.)  # 1: the full range
    noise_seed: int = 0
    background: Colour = (196, 186, 178)


def sample_ranges(kind: type, rng: np.random.Generator) -> Dict[str, Any]:
    """Sample every field of a dataclass that has a range."""
    return {
        item.name: rng.uniform(*item.metadata['range'])
        for item in fields(kind) if 'range' in item.metadata
    }


def pick(rng: np.random.Generator, options: Sequence,
         weights: Sequence[float]):
    """Sample one of ``options``; ``weights`` need not sum to 1."""
    weights = np.asarray(weights, float)
    return options[rng.choice(len(options), p=weights / weights.sum())]


def vary_colour(rng: np.random.Generator, colour: Colour,
                spread: int) -> Colour:
    """Shift a colour at random by up to ``spread`` in each channel."""
    shift = rng.integers(-spread, spread + 1, 3)
    return tuple(int(v) for v in np.clip(np.add(colour, shift), 8, 247))


def sample_identity(rng: np.random.Generator) -> FaceIdentity:
    """Sample a subject."""
    tone = rng.integers(len(SKIN_TONES))
    style = pick(rng, HAIR_STYLES, (4, 4, 3, 2, 2, 3, 4, 3))
    bearded = style in ('short', 'parted', 'receding', 'buzz', 'curly')
    fair = 1. if tone < 4 else 0.  # else dark eyes, and dark or grey hair
    hair = pick(rng, HAIR_COLOURS, (3, 3, 2, *3 * (1.6 * fair, ), 1))
    return FaceIdentity(
        **sample_ranges(FaceIdentity, rng),
        skin=vary_colour(rng, SKIN_TONES[tone], 8),
        hair_colour=vary_colour(rng, hair, 10),
        eye_colour=pick(rng, EYE_COLOURS, (4, 3, 2 * fair, 2 * fair)),
        clothes=vary_colour(rng, CLOTHES[rng.integers(len(CLOTHES))], 25),
        hair_style=style,
        glasses=pick(rng, GLASSES, (8, 2, 2)),
        beard=pick(rng, BEARDS, (5, 3 * bearded, bearded, bearded, bearded)),
        texture_seed=int(rng.integers(2**31)))


def expression_parameters(expression: str, intensity: float,
                          rng: np.random.Generator) -> ExpressionParameters:
    """Sample how one subject shows an expression.

    The subject's style (the peak of every action unit, the side of a
    contemptuous mouth) comes from ``rng``, and ``intensity`` scales it. Pass
    a generator of the same seed for all frames of a sequence.

    Args:
        expression (str): One of the keys of ``PROTOTYPES``.
        intensity (float): 0 (neutral) to 1 (the subject's peak).
        rng (np.random.Generator): Source of the style. The number of draws
            does not depend on the other arguments.

    Returns:
        ExpressionParameters: The strengths of the action units.

    Raises:
        ValueError: If the intensity is outside of [0, 1].
    """
    if not 0 <= intensity <= 1:
        raise ValueError(f'intensity is {intensity}; expected a number in '
                         '[0, 1]')
    names = [unit.name for unit in fields(ExpressionParameters)]
    draws = dict(zip(names, rng.random(len(names))))
    peaks = {
        name: low + (high - low) * draws[name]
        for name, (low, high) in PROTOTYPES[expression].items()
    }
    if rng.random() < 0.5:
        left, right = 'lip_pull_left', 'lip_pull_right'
        peaks[left], peaks[right] = peaks.get(right, 0.), peaks.get(left, 0.)
    return ExpressionParameters(**{
        name: float(intensity * peak)
        for name, peak in peaks.items()
    })


def sample_view(rng: np.random.Generator) -> ViewParameters:
    """Sample the pose, the light and the camera of a sequence."""
    grey = rng.integers(70, 225)
    return ViewParameters(
        **sample_ranges(ViewParameters, rng),
        noise_seed=int(rng.integers(2**31)),
        background=vary_colour(rng, (grey, grey, grey), 22))


def jitter_view(view: ViewParameters,
                rng: np.random.Generator) -> ViewParameters:
    """Move a view as little as a head moves between frames; renew the noise.
    """
    return replace(
        view,
        shift_x=view.shift_x + rng.normal(0, 0.008),
        shift_y=view.shift_y + rng.normal(0, 0.008),
        rotation=view.rotation + rng.normal(0, 0.7),
        scale=view.scale * (1 + rng.normal(0, 0.008)),
        yaw=view.yaw + rng.normal(0, 0.012),
        gaze_x=view.gaze_x + rng.normal(0, 0.004),
        noise_seed=int(rng.integers(2**31)))
