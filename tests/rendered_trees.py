"""Trees in the official layouts, with rendered faces and regenerated names.

Subjects, class counts and fold sizes are the published ones of CK+. Which
subject shows which expression is made up by a rule that meets all of them.
"""
import os
import os.path as osp
from typing import Dict, List, Optional, Sequence, Tuple

import cv2
import numpy as np

from mmfermtl.datasets.rendered.face_parameters import (expression_parameters,
                                                        sample_identity,
                                                        sample_view)
from mmfermtl.datasets.rendered.face_renderer import render_face
from mmfermtl.expressions import canonical_expression

CLASS_SEQUENCES = dict(
    anger=45,
    contempt=18,
    disgust=59,
    fear=25,
    happy=69,
    sadness=28,
    surprise=83)
FOLD_SEQUENCES = (33, 39, 40, 35, 30, 37, 29, 29, 33, 22)
ONLY_CONTEMPT = ('S139', 'S147', 'S148', 'S149', 'S151', 'S154', 'S155',
                 'S156', 'S157', 'S158', 'S160', 'S895')


def _span(first: int, last: int) -> List[int]:
    return list(range(first, last + 1))


CKPLUS_SUBJECTS: Tuple[str, ...] = tuple(
    f'S{n:03d}'
    for n in [5, 10, 11, 14, 22, 26, 28, 29, 32, 34, 35, 37, 42, 44, 45, 46] +
    _span(50, 102) + _span(105, 117) + [119, 122] + _span(124, 139) +
    [147, 148, 149, 151] + _span(154, 158) + [160] + _span(501, 506) +
    [895, 999])


def ckplus_sequences() -> Dict[str, List[str]]:
    """Expressions of each subject that meet every published count."""
    counts: Dict[str, int] = {s: 1 for s in ONLY_CONTEMPT}
    for k, total in enumerate(FOLD_SEQUENCES):
        fold = CKPLUS_SUBJECTS[k::10]
        free = [s for s in fold if s not in ONLY_CONTEMPT]
        total -= len(fold) - len(free)
        for j, subject in enumerate(free):
            counts[subject] = total // len(free) + (j < total % len(free))
    left = dict(CLASS_SEQUENCES)
    left['contempt'] -= len(ONLY_CONTEMPT)
    shown = {s: ['contempt'] for s in ONLY_CONTEMPT}
    rest = [s for s in CKPLUS_SUBJECTS if s not in ONLY_CONTEMPT]
    for subject in sorted(rest, key=lambda s: (-counts[s], s)):
        best = sorted(left, key=lambda c: (-left[c], c))[:counts[subject]]
        for name in best:
            left[name] -= 1
        shown[subject] = sorted(best)
    assert not any(left.values())
    return shown


def render_image(subject: str,
                 expression: str,
                 intensity: float,
                 size: int = 48) -> np.ndarray:
    """Render a grey image of a subject, the intensity being in [0, 1]."""
    number = int(subject[1:])
    return render_face(
        sample_identity(np.random.default_rng(number)),
        expression_parameters(
            canonical_expression(expression), intensity,
            np.random.default_rng([number, 1])),
        sample_view(np.random.default_rng([number, 2])),
        size=size)


def render_ckplus48(root: str,
                    subjects: Optional[Sequence[str]] = None,
                    faces: bool = True) -> str:
    """Write a CK+48 tree.

    Args:
        root (str): Folder to write into.
        subjects (Sequence[str], optional): Defaults to all 118.
        faces (bool): Whether to render faces; else the files hold one grey
            pixel. Defaults to True.

    Returns:
        str: ``root``.
    """
    for name in CLASS_SEQUENCES:
        os.makedirs(osp.join(root, name), exist_ok=True)
    shown = ckplus_sequences()
    pixel = cv2.imencode('.png', np.uint8([[127, 129]]))[1].tobytes()
    for subject in subjects or CKPLUS_SUBJECTS:
        for number, name in enumerate(shown[subject], 1):
            length = 6 + (int(subject[1:]) * 7 + number) % 20
            for back in (2, 1, 0):
                path = osp.join(
                    root, name,
                    f'{subject}_{number:03d}_{length - back:08d}.png')
                if faces:
                    cv2.imwrite(path,
                                render_image(subject, name, 1 - 0.1 * back))
                else:
                    with open(path, 'wb') as file:
                        file.write(pixel)
    return root


def other_crop(image: np.ndarray,
               zoom: float = 1.07,
               turn: float = 1.5,
               shift: tuple = (2., -1.5)) -> np.ndarray:
    """Cut a face out of an image at another place."""
    angle = np.radians(turn)
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    turned = np.array([[cos, -sin], [sin, cos]])
    centre = np.array(image.shape[::-1]) / 2
    warp = np.column_stack([turned, centre + shift - turned @ centre])
    return cv2.warpAffine(
        image, warp, image.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def render_neutral_frames(root: str, ckplus48: str) -> List[Tuple[str, str]]:
    """Write first frames for every second sequence of a CK+48 tree.

    They are cut out otherwise, and there is one of a sequence that the tree
    lacks. Returns subject and number of the sequences.
    """
    names = {
        tuple(name.split('_')[:2])
        for folder in CLASS_SEQUENCES
        for name in os.listdir(osp.join(ckplus48, folder))
    }
    keys = sorted(names)[::2]
    os.makedirs(osp.join(root, 'neutral'))
    for subject, sequence in keys + [('S010', '099')]:
        image = other_crop(render_image(subject, 'neutral', 0.))
        cv2.imwrite(
            osp.join(root, 'neutral', f'{subject}_{sequence}_00000001.png'),
            image)
    return keys
