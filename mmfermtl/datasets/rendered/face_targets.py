"""Change the expression of a rendered scene, and nothing else."""
from dataclasses import astuple, fields
from typing import Mapping

import numpy as np

from .face_parameters import PROTOTYPES, ExpressionParameters
from .face_scenes import FaceScene

#: Strength of a target expression; sources have 0.46 to 1.
TARGET_STRENGTH = 0.9


def prototype(expression: str, to_right: bool) -> ExpressionParameters:
    """Return an expression as subjects show it on average.

    A target of random strength and side would have the generator average over
    all of them.

    Args:
        expression (str): One of the keys of ``PROTOTYPES``.
        to_right (bool): Whether what is shown on one side, as contempt, is
            shown on the right.

    Returns:
        ExpressionParameters: The middle of the ranges of the action units,
        times ``TARGET_STRENGTH``.
    """
    units = {
        name: TARGET_STRENGTH * (low + high) / 2
        for name, (low, high) in PROTOTYPES[expression].items()
    }
    if to_right:
        left, right = 'lip_pull_left', 'lip_pull_right'
        units[left], units[right] = units.get(right, 0.), units.get(left, 0.)
    return ExpressionParameters(**units)


def change_expression(scene: FaceScene, shown: str,
                      shares: Mapping[str, float]) -> FaceScene:
    """Give a scene a target expression, or a mixture of some.

    Identity, pose, light, camera, noise and occluder stay: the image is the
    ground truth of an edited face, which no photograph can be.

    Args:
        scene (FaceScene): The source.
        shown (str): Its expression, whose share is that of what the source
            itself shows, however weak; so the only share gives the source.
        shares (Mapping[str, float]): Share of each expression, sum 1.

    Returns:
        FaceScene: The source with the action units of the target.
    """
    # Towards the side that the head is turned to, so that the source tells.
    to_right = scene.view.yaw > 0
    names = [unit.name for unit in fields(ExpressionParameters)]
    units = np.zeros(len(names))
    for name, share in shares.items():
        part = (
            scene.expression if name == shown else prototype(name, to_right))
        units += share * np.array(astuple(part))
    return scene._replace(
        expression=ExpressionParameters(**dict(zip(names, map(float, units)))))
