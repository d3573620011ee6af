"""Frames with faces that a detector of a few lines finds, and CK+ of them."""
import os
import os.path as osp
import signal
from typing import Dict, List, Optional, Sequence, Tuple

import cv2
import numpy as np

from mmfermtl.preparation import DetectedFace

Point = Tuple[float, float]
Eyes = Tuple[Point, Point]
Label = Tuple[str, str, Optional[int]]
Size = Tuple[int, int]


def render_frame(faces: Sequence[Eyes],
                 shape: Size = (120, 160),
                 seed: int = 0) -> np.ndarray:
    """A grey frame with faces; only their eyes are white.

    Args:
        faces (Sequence): The two eyes of each face, x and y.
        shape (tuple[int]): Height and width.
        seed (int): Of the background. Defaults to 0.

    Returns:
        np.ndarray: ``(H, W)`` uint8.
    """
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 120, (8, 8), dtype=np.uint8)
    image = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    image = np.minimum(image, 200)
    for eyes in faces:
        points = five_points_of(eyes)
        distance = np.linalg.norm(points[1] - points[0])
        cv2.circle(image, _pixel(points[2]), int(1.1 * distance), 160, -1)
        cv2.line(image, _pixel(points[3]), _pixel(points[4]), 60, 2)
        for eye in points[:2]:
            cv2.circle(image, _pixel(eye), max(int(distance / 8), 1), 255, -1)
    return image


def five_points_of(eyes: Eyes) -> np.ndarray:
    """Eyes, nose and mouth corners ``(5, 2)`` of a rendered face."""
    left, right = np.array(eyes, float)
    across = right - left
    down = np.array([-across[1], across[0]])
    middle = (left + right) / 2
    return np.stack([
        left, right, middle + 0.5 * down, middle - 0.35 * across + down,
        middle + 0.35 * across + down
    ])


def landmarks_of(eyes: Eyes) -> np.ndarray:
    """68 landmarks of a rendered face, of which five are right."""
    five = five_points_of(eyes)
    points = np.repeat(five[2:3], 68, axis=0)
    points[36:42], points[42:48] = five[0], five[1]
    points[48], points[54] = five[3], five[4]
    return points


def _pixel(point: np.ndarray) -> Tuple[int, int]:
    return int(round(point[0])), int(round(point[1]))


class DotDetector:
    """Find the rendered faces by their white eyes.

    Args:
        score (float): Score of every face. Defaults to 0.9.
    """

    def __init__(self, score: float = 0.9) -> None:
        self.score = score

    def detect(self, image: np.ndarray) -> List[DetectedFace]:
        """Pair the white dots by their order from left to right."""
        white = (image.reshape(*image.shape[:2], -1)[..., 0] == 255)
        _, _, _, centres = cv2.connectedComponentsWithStats(
            white.astype(np.uint8))
        dots = centres[1:][np.argsort(centres[1:, 0])]
        faces = []
        for eyes in zip(dots[::2], dots[1::2]):
            distance = np.linalg.norm(eyes[1] - eyes[0])
            points = five_points_of(eyes)
            corner = points[2] - 1.1 * distance
            box = np.array([*corner, 2.2 * distance, 2.2 * distance])
            faces.append(DetectedFace(box, points, self.score))
        return faces


def no_detector() -> None:
    """Raise an error where a detector must not be needed."""
    raise FileNotFoundError('no weights here')


def write_ckplus(root: str,
                 sequences: Sequence[Label],
                 num_frames: int = 5,
                 landmarks: bool = True,
                 shape: Size = (120, 160)) -> str:
    """Write a CK+ tree of rendered frames.

    Args:
        root (str): Folder to write into.
        sequences (Sequence): Subject, sequence, emotion code or None.
        num_frames (int): Length of each. Defaults to 5.
        landmarks (bool): Whether to write landmark files. Defaults to True.
        shape (tuple[int]): Height and width of the frames.

    Returns:
        str: ``root``.
    """
    middle, side = shape[1] / 2, shape[0] / 8
    for number, (subject, name, code) in enumerate(sequences):
        for frame in range(1, num_frames + 1):
            stem = f'{subject}_{name}_{frame:08d}'
            x, y = middle + number % 7, shape[0] / 3 + frame % 5
            eyes = ((x - side, y), (x + side, y + number % 3))
            image = render_frame([eyes], shape, seed=100 * number + frame)
            path = ckplus_path(root, subject, name, frame)
            os.makedirs(osp.dirname(path), exist_ok=True)
            cv2.imwrite(path, image)
            if landmarks:
                _write_text(
                    osp.join(root, 'Landmarks', subject, name,
                             f'{stem}_landmarks.txt'), landmarks_of(eyes))
        if code is not None:
            _write_text(
                osp.join(root, 'Emotion', subject, name,
                         f'{stem}_emotion.txt'), np.array([[code]]))
    return root


def ckplus_path(root: str, subject: str, name: str, frame: int) -> str:
    """Return the path of a frame of CK+, ``frame`` counted from 1."""
    return osp.join(root, 'cohn-kanade-images', subject, name,
                    f'{subject}_{name}_{frame:08d}.png')


def _write_text(path: str, values: np.ndarray) -> None:
    os.makedirs(osp.dirname(path), exist_ok=True)
    np.savetxt(path, values, fmt='   %.7e', delimiter='')


class DeadlyDetector(DotDetector):
    """Kill the process as long as a file exists.

    Args:
        path (str): The file.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def detect(self, image: np.ndarray) -> List[DetectedFace]:
        """Find faces, or die as if out of memory."""
        if osp.exists(self.path):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().detect(image)


def tree_bytes(root: str) -> Dict[str, bytes]:
    """Content of all files below a folder, by relative path."""
    content = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = osp.join(folder, name)
            with open(path, 'rb') as file:
                content[osp.relpath(path, root)] = file.read()
    return content
