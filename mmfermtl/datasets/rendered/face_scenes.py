"""Sample what an image shows: subject, expression, view and conditions."""
from dataclasses import fields
from typing import NamedTuple, Sequence

import numpy as np

from ...expressions import EXPRESSIONS
from .face_conditions import (FaceConditions, sample_conditions, sample_light,
                              sample_mishaps, sample_pose, widen_identity)
from .face_parameters import (ExpressionParameters, FaceIdentity,
                              ViewParameters, expression_parameters,
                              jitter_view, sample_identity, sample_view)

DIFFICULTIES = ('studio', 'wild')
#: Least and largest expressiveness of a subject, and of a sequence.
SUBJECT_STRENGTH = (0.8, 1.)
SEQUENCE_STRENGTH = (0.8, 1.)
#: Part of the sequences into which a second expression is mixed, and its
#: least and largest share.
MIXED_PROB = 0.3
MIXED_SHARE = (0.1, 0.3)


class FaceScene(NamedTuple):
    """What an image shows; arguments of ``render_face``."""
    identity: FaceIdentity
    expression: ExpressionParameters
    view: ViewParameters
    conditions: FaceConditions


def sample_scene(difficulty: str, seed: Sequence[int], code: int, frame: int,
                 num_frames: int) -> FaceScene:
    """Sample a frame of a sequence.

    A subject keeps light, background and camera over all sequences. In the
    ``'studio'`` the head moves between sequences, and a little between
    frames. In the ``'wild'``, the same subjects have more varied poses and
    light, weaker and mixed expressions, and some frames an occluder.

    Args:
        difficulty (str): One of ``DIFFICULTIES``.
        seed (Sequence[int]): Seeds of the set and of the subject.
        code (int): Index of the expression in ``EXPRESSIONS``.
        frame (int): Index of the frame; 0 is neutral.
        num_frames (int): Length of the sequence.

    Returns:
        FaceScene: What the frame shows. It depends on the arguments alone.
    """
    # A seed for each stream, so that an image does not depend on which others
    # were rendered before. NumPy leaves out zeros at the end: the first frame
    # of a sequence gets the same jitter twice, which keeps its images.
    rng = np.random.default_rng(seed)
    identity, view = sample_identity(rng), sample_view(rng)
    conditions = FaceConditions()
    wild = difficulty == 'wild'
    if wild:
        rng = np.random.default_rng([*seed, 0, 0, 1])
        identity, view = widen_identity(identity), sample_light(view, rng)
        conditions = sample_conditions(rng)
    view = jitter_view(view, np.random.default_rng([*seed, code]))
    if wild:
        view = sample_pose(view, np.random.default_rng([*seed, code, 0, 1]))
        conditions = sample_mishaps(
            conditions, np.random.default_rng([*seed, code, frame, 2]))
    view = jitter_view(view, np.random.default_rng([*seed, code, frame]))
    intensity = frame / (num_frames - 1)
    if wild:
        expression = wild_expression(seed, code, intensity)
    else:
        expression = expression_parameters(
            EXPRESSIONS[code], intensity,
            np.random.default_rng([*seed, code, 0]))
    return FaceScene(identity, expression, view, conditions)


def wild_expression(seed: Sequence[int], code: int,
                    intensity: float) -> ExpressionParameters:
    """Sample a spontaneous expression: often weak, sometimes mixed.

    How expressive a subject is and which second expression accompanies the
    others is its style; strength and share differ by sequence.

    Args:
        seed (Sequence[int]): Seeds of the set and of the subject.
        code (int): Index of the expression in ``EXPRESSIONS``.
        intensity (float): 0 (neutral) to 1 (the peak of the sequence).

    Returns:
        ExpressionParameters: The strengths of the action units.
    """
    style = np.random.default_rng([*seed, 0, 0, 3])
    strength = intensity * style.uniform(*SUBJECT_STRENGTH)
    habit = EXPRESSIONS[style.integers(1, len(EXPRESSIONS))]
    rng = np.random.default_rng([*seed, code, 0, 4])
    strength *= rng.uniform(*SEQUENCE_STRENGTH)
    share = rng.uniform(*MIXED_SHARE) * (rng.random() < MIXED_PROB)
    main, second = [
        expression_parameters(name, strength, rng)
        for name in (EXPRESSIONS[code], habit)
    ]
    return ExpressionParameters(
        **{
            unit.name: (1 - share) * getattr(main, unit.name) +
            share * getattr(second, unit.name)
            for unit in fields(ExpressionParameters)
        })
