"""Conditions under which a face is hard to read: light, camera, occluders.

A studio has none of them. Lengths are in half image sides, as those of
:mod:`~mmfermtl.datasets.rendered.face_parameters`, where not said otherwise.
Every value range is our choice.
"""
from dataclasses import dataclass, fields, replace

import numpy as np

from .face_parameters import (CLOTHES, Colour, FaceIdentity, ViewParameters,
                              pick, sample_ranges, sampled, vary_colour)

OCCLUDERS = ('hand', 'scarf', 'sunglasses', 'strand', 'microphone')
#: Part of the frames that have an occluder, and that are out of focus; part
#: of the subjects on whom a shadow is cast.
OCCLUSION_PROB = 0.25
BLUR_PROB = 0.2
SHADOW_PROB = 0.3
#: How much further than in a studio subjects are from the average face.
IDENTITY_STRETCH = 1.3
#: What of them: fields of FaceIdentity.
PROPORTIONS = ('face_width', 'jaw_width', 'eye_size', 'eye_openness',
               'brow_thickness', 'brow_height', 'brow_arch', 'brow_slant',
               'nose_width', 'nose_length', 'mouth_height', 'mouth_width',
               'mouth_curve', 'lip_fullness')


@dataclass(frozen=True)
class WildPose:
    """Pose of a head that nobody asked to hold still, see ViewParameters."""
    shift_x: float = sampled(-0.06, 0.06, default=0.)
    shift_y: float = sampled(-0.06, 0.06, default=0.)
    rotation: float = sampled(-10, 10, default=0.)
    scale: float = sampled(0.88, 1.1, default=1.)
    yaw: float = sampled(-0.28, 0.28, default=0.)
    pitch: float = sampled(-0.12, 0.12, default=0.)
    gaze_x: float = sampled(-0.05, 0.05, default=0.)


@dataclass(frozen=True)
class WildLight:
    """Light and film that vary more than in a studio, see ViewParameters."""
    light_strength: float = sampled(0.05, 0.5, default=0.)
    brightness: float = sampled(0.75, 1.1, default=1.)
    contrast: float = sampled(0.85, 1.2, default=1.)
    noise: float = sampled(0.0, 0.025, default=0.)


@dataclass(frozen=True)
class FaceConditions:
    """What stands between a face and its image; the defaults: nothing."""
    gamma: float = sampled(0.75, 1.35, default=1.)  # > 1: darker middle tones
    # A shadow covers the half plane that the angle points to.
    shadow_depth: float = sampled(0.15, 0.45, default=0.)  # 1: black
    shadow_angle: float = sampled(-np.pi, np.pi, default=0.)  # 0: right
    shadow_edge: float = sampled(-0.2, 0.5, default=0.)  # from the middle
    shadow_width: float = sampled(0.03, 0.2, default=0.1)  # of its edge
    blur: float = sampled(0.005, 0.014, default=0.)  # in image sides
    resolution: float = sampled(0.7, 1., default=1.)  # of the image's own
    quality: float = sampled(50., 95., default=100.)  # of JPEG; 100: none
    occluder: str = 'none'  # or one of OCCLUDERS
    occluder_side: int = 1  # -1: left
    occluder_reach: float = sampled(0., 1., default=0.)  # 1: covers most
    occluder_colour: Colour = (60, 60, 60)  # of cloth, plastic and metal


def widen_identity(subject: FaceIdentity) -> FaceIdentity:
    """Move the proportions of a subject away from the average face."""
    wider = {}
    for item in fields(FaceIdentity):
        if item.name in PROPORTIONS:
            middle = sum(item.metadata['range']) / 2
            offset = getattr(subject, item.name) - middle
            wider[item.name] = middle + IDENTITY_STRETCH * offset
    return replace(subject, **wider)


def sample_light(view: ViewParameters,
                 rng: np.random.Generator) -> ViewParameters:
    """Sample light and film again; background and angle of light remain."""
    return replace(view, **sample_ranges(WildLight, rng))


def sample_pose(view: ViewParameters,
                rng: np.random.Generator) -> ViewParameters:
    """Sample pose and gaze again."""
    return replace(view, **sample_ranges(WildPose, rng))


def sample_conditions(rng: np.random.Generator) -> FaceConditions:
    """Sample light, shadow and camera of a subject, in focus, unoccluded."""
    found = FaceConditions(**sample_ranges(FaceConditions, rng))
    shaded = rng.random() < SHADOW_PROB
    return replace(
        found, blur=0., shadow_depth=found.shadow_depth if shaded else 0.)


def sample_mishaps(conditions: FaceConditions,
                   rng: np.random.Generator) -> FaceConditions:
    """Sample whether a frame is out of focus, and what covers the face."""
    draws = sample_ranges(FaceConditions, rng)
    blurred, occluded = rng.random(2) < (BLUR_PROB, OCCLUSION_PROB)
    kind = pick(rng, OCCLUDERS, np.ones(len(OCCLUDERS)))
    return replace(
        conditions,
        blur=draws['blur'] if blurred else 0.,
        occluder=kind if occluded else 'none',
        occluder_side=int(rng.choice((-1, 1))),
        occluder_reach=draws['occluder_reach'],
        occluder_colour=vary_colour(rng, CLOTHES[rng.integers(len(CLOTHES))],
                                    40))
