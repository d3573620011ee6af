"""CK+, Oulu-CASIA and BU-4DFE as distributed, with rendered faces.

Layouts, names and counts are the official ones; lengths are made up.
"""
import os
import os.path as osp
import shutil
from typing import Callable, List, Optional, Sequence, Tuple

import cv2
import numpy as np
from rendered_trees import CKPLUS_SUBJECTS, ckplus_sequences

from mmfermtl.datasets.rendered.face_features import mouth_lines
from mmfermtl.datasets.rendered.face_parameters import (expression_parameters,
                                                        sample_identity,
                                                        sample_view)
from mmfermtl.datasets.rendered.face_pen import EYE_HEIGHT
from mmfermtl.datasets.rendered.face_renderer import render_face
from mmfermtl.expressions import CKPLUS_CODES, canonical_expression

UNLABELLED = ('S103', 'S104', 'S118', 'S120', 'S121')
OULU_EXPRESSIONS = ('Anger', 'Disgust', 'Fear', 'Happiness', 'Sadness',
                    'Surprise')
BU_EXPRESSIONS = ('Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise')
BU_SUBJECTS = [f'F{n:03d}'
               for n in range(1, 59)] + [f'M{n:03d}' for n in range(1, 44)]
OULU_SUBJECTS = [f'P{n:03d}' for n in range(1, 81)]


def render_scene(number: int,
                 expression: str,
                 intensity: float,
                 canvas: Tuple[int, int] = (490, 640),
                 face: int = 300,
                 channels: int = 1) -> Tuple[np.ndarray, np.ndarray]:
    """A face somewhere in a larger picture, with its 68 landmarks.

    Only the eyes (36 to 47), the tip of the nose (30) and the corners of the
    mouth (48, 54) are placed on the face; the others are on an ellipse.
    """
    who = sample_identity(np.random.default_rng(number))
    how = expression_parameters(
        canonical_expression(expression), intensity,
        np.random.default_rng([number, 1]))
    view = sample_view(np.random.default_rng([number, 2]))
    picture = np.full(canvas + (3, ) * (channels == 3), 90, np.uint8)
    rng = np.random.default_rng([number, 3])
    top = int(rng.integers(0, canvas[0] - face + 1))
    left = int(rng.integers(0, canvas[1] - face + 1))
    picture[top:top + face,
            left:left + face] = render_face(who, how, view, face, channels)
    turn = 2 * np.pi * np.arange(68) / 68
    points = np.stack([0.8 * np.cos(turn), np.sin(turn)], 1)
    ring = 0.08 * np.stack([np.cos(turn[::12]), np.sin(turn[::12])], 1)
    for side, start in ((-1, 36), (1, 42)):
        points[start:start + 6] = ring + (side * who.eye_spacing, EYE_HEIGHT)
    points[30] = (0, EYE_HEIGHT + who.nose_length)
    lip = mouth_lines(who, how)[1]
    points[48], points[54] = lip[0], lip[-1]
    angle = np.deg2rad(view.rotation)
    cos, sin = view.scale * np.cos(angle), view.scale * np.sin(angle)
    points = points @ np.array([[cos, sin], [-sin, cos]])
    nod = np.array((view.yaw, view.pitch)) * 0.4
    points = (points + nod + (view.shift_x, view.shift_y) + 1) * face / 2 - 0.5
    return picture, points + (left, top)


class Pixel:
    """A frame of two grey pixels, in a file with as many names as are asked.

    Thousands of small files take some disks minutes to remove.
    """

    def __init__(self, suffix: str) -> None:
        grey = np.uint8([[127, 129]])
        self.content = cv2.imencode(suffix, grey)[1].tobytes()
        self.first: Optional[str] = None

    def write(self, path: str) -> None:
        """Give the frame another name."""
        if self.first is None:
            _write(path, self.content)
            self.first = path
        else:
            os.makedirs(osp.dirname(path), exist_ok=True)
            _link(self.first, path)


def link_tree(source: str, root: str) -> str:
    """Copy a tree without copying its files.

    Remove a file of the copy before you write it again: it is the source's.

    Args:
        source (str): The tree.
        root (str): The copy.

    Returns:
        str: ``root``.
    """
    return shutil.copytree(source, root, copy_function=_link)


def _link(source: str, path: str) -> None:
    try:
        os.link(source, path)
    except OSError:  # no hard links on this file system
        shutil.copy2(source, path)


def _write(path: str, content: bytes) -> None:
    os.makedirs(osp.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content)


def render_ckplus(root: str,
                  subjects: Optional[Sequence[str]] = None,
                  faces: Sequence[int] = (),
                  canvas: Tuple[int, int] = (490, 640),
                  face: int = 300,
                  unlabelled: int = 266) -> str:
    """Write the CK+ tree: 593 sequences, 327 of them labelled.

    Args:
        root (str): Folder to write into.
        subjects (Sequence[str], optional): Defaults to all 123.
        faces (Sequence[int]): Frames that show a face, counted from the end if
            negative; the others hold one grey pixel.
        canvas (tuple[int, int]): Height and width of a frame.
        face (int): Side of the rendered face.
        unlabelled (int): How many sequences without a label.

    Returns:
        str: ``root``.
    """
    known = sorted(CKPLUS_SUBJECTS + UNLABELLED)
    shown = {s: list(v) for s, v in ckplus_sequences().items()}
    for k in range(unlabelled):
        order = UNLABELLED + CKPLUS_SUBJECTS
        shown.setdefault(order[k % len(order)], []).append('')
    pixel = Pixel('.png')
    for subject in known if subjects is None else subjects:
        for number, expression in enumerate(shown.get(subject, ()), 1):
            length = 6 + (int(subject[1:]) * 7 + number) % 20
            rendered = {i % length for i in faces}
            for i in range(length):
                _ckplus_frame(root, subject, number, expression, (i, length),
                              pixel if i not in rendered else None, canvas,
                              face)
            label = osp.join(root, 'Emotion', subject, f'{number:03d}')
            os.makedirs(label, exist_ok=True)
            if expression:
                code = dict((v, k) for k, v in CKPLUS_CODES.items())[
                    canonical_expression(expression)]
                _write(
                    osp.join(
                        label, f'{subject}_{number:03d}_{length:08d}'
                        '_emotion.txt'), b'   %.7e\n' % code)
    _write(osp.join(root, 'cohn-kanade-images', '.DS_Store'), b'\0Bud1')
    _write(osp.join(root, 'Emotion', '.DS_Store'), b'\0Bud1')
    return root


def _ckplus_frame(root: str, subject: str, number: int, expression: str,
                  place: Tuple[int, int], pixel: Optional[Pixel],
                  canvas: Tuple[int, int], face: int) -> None:
    stem = f'{subject}_{number:03d}_{place[0] + 1:08d}'
    folder = osp.join(subject, f'{number:03d}')
    path = osp.join(root, 'cohn-kanade-images', folder, f'{stem}.png')
    if pixel is not None:
        pixel.write(path)
        return
    image, points = render_scene(
        int(subject[1:]), expression or 'anger', place[0] / (place[1] - 1),
        canvas, face)
    lines = ''.join(f'   {x:.7e}   {y:.7e}\n' for x, y in points)
    _write(
        osp.join(root, 'Landmarks', folder, f'{stem}_landmarks.txt'),
        lines.encode())
    _write(path, cv2.imencode('.png', image)[1].tobytes())


def _render_folders(root: str, suffix: str, subjects: Sequence[str],
                    expressions: Sequence[str], length: Callable[[int], int],
                    intensity: Callable[[float], float], faces: Sequence[int],
                    scene: dict) -> None:
    pixel = Pixel(suffix)
    for subject in subjects:
        number = int(subject[1:]) + 1000 * ord(subject[0])
        for k, name in enumerate(expressions):
            total = length(number + k)
            rendered = {i % total for i in faces}
            for i in range(total):
                path = osp.join(root, subject, name, f'{i:03d}{suffix}')
                if i not in rendered:
                    pixel.write(path)
                    continue
                image, _ = render_scene(number, name,
                                        intensity(i / (total - 1)), **scene)
                _write(path, cv2.imencode(suffix, image)[1].tobytes())


def render_oulu(root: str,
                subjects: Sequence[str] = OULU_SUBJECTS,
                faces: Sequence[int] = (),
                condition: str = 'OriginalImg/VL/Strong',
                face: int = 150) -> str:
    """Write one condition of Oulu-CASIA: 480 sequences, colour JPEG.

    Args:
        root (str): Folder to write into.
        subjects (Sequence[str]): Defaults to all 80.
        faces (Sequence[int]): Frames that show a face, see
            :func:`render_ckplus`.
        condition (str): Folders between ``root`` and the subjects.
        face (int): Side of the rendered face.

    Returns:
        str: ``root``.
    """
    _render_folders(
        osp.join(root, condition), '.jpeg', subjects, OULU_EXPRESSIONS,
        lambda n: 9 + n % 16, lambda t: t, faces,
        dict(canvas=(240, 320), face=face, channels=3))
    return root


def render_bu4dfe(root: str,
                  subjects: Sequence[str] = BU_SUBJECTS,
                  faces: Sequence[int] = (),
                  length: int = 12,
                  face: int = 200) -> str:
    """Write BU-4DFE: 606 sequences that go to the peak and back.

    Args:
        root (str): Folder to write into.
        subjects (Sequence[str]): Defaults to all 101.
        faces (Sequence[int]): Frames that show a face, see
            :func:`render_ckplus`.
        length (int): Frames of a sequence.
        face (int): Side of the rendered face.

    Returns:
        str: ``root``.
    """
    _render_folders(root, '.jpg', subjects, BU_EXPRESSIONS, lambda n: length,
                    lambda t: 1 - abs(2 * t - 1), faces,
                    dict(canvas=(266, 208), face=face, channels=3))
    _write(osp.join(root, 'BU_WrlViewer_V2', 'readme.txt'), b'viewer')
    return root


def relabel_ckplus48(source: str, root: str) -> str:
    """Lay a CK+48 tree out as CK+: images, label files, and the litter."""
    names: List[Tuple[str, str]] = []
    for folder in sorted(os.listdir(source)):
        for name in sorted(os.listdir(osp.join(source, folder))):
            names.append((folder, name))
    peaks = {}
    codes = dict((v, k) for k, v in CKPLUS_CODES.items())
    for folder, name in names:
        subject, sequence, frame = osp.splitext(name)[0].split('_')
        place = osp.join(subject, sequence)
        with open(osp.join(source, folder, name), 'rb') as file:
            _write(
                osp.join(root, 'cohn-kanade-images', place, name), file.read())
        key = (place, codes[canonical_expression(folder)])
        peaks[key] = max(peaks.get(key, ''), osp.splitext(name)[0])
    for (place, code), stem in peaks.items():
        _write(
            osp.join(root, 'Emotion', place, f'{stem}_emotion.txt'),
            b'   %.7e\n' % code)
    extra = osp.join('S103', '001')
    _write(
        osp.join(root, 'cohn-kanade-images', extra, 'S103_001_00000001.png'),
        Pixel('.png').content)
    os.makedirs(osp.join(root, 'Emotion', extra), exist_ok=True)
    _write(osp.join(root, 'cohn-kanade-images', '.DS_Store'), b'\0Bud1')
    _write(osp.join(root, 'Emotion', 'S010', '.DS_Store'), b'\0Bud1')
    return root
