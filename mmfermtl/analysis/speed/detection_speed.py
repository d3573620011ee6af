"""Build what the search for faces is measured on."""
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional, Tuple

import cv2
import numpy as np
import torch

from ...datasets import SyntheticFaces
from ...preparation import FaceDetector

#: Height and width of the picture, and the side of the face in it.
PICTURE, FACE = (480, 640), 256


def detection_call(images: int) -> Optional[Tuple[str, Callable[[int], Any]]]:
    """Return a function that finds the face of a rendered picture.

    Args:
        images (int): How often, in a call.

    Returns:
        tuple[str, Callable], optional: With its name; None if the weights of
        the detector are not there.
    """
    try:
        detector = FaceDetector()
    except FileNotFoundError:
        return None
    face = np.squeeze(
        SyntheticFaces(
            num_subjects=20,
            image_size=FACE,
            split='all',
            pipeline=[dict(type='mmfermtl.LoadFace',
                           color_type='grayscale')])[0]['img'])
    picture = np.full(PICTURE, int(face.mean()), np.uint8)
    top, left = (PICTURE[0] - FACE) // 2, (PICTURE[1] - FACE) // 2
    picture[top:top + FACE, left:left + FACE] = face

    def call(number: int) -> Any:
        return [detector.detect(picture) for _ in range(images)]

    return f'detection, {PICTURE[1]} x {PICTURE[0]} px', call


@contextmanager
def opencv_threads() -> Iterator[None]:
    """Let OpenCV use as many threads as PyTorch within the block."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(torch.get_num_threads())
    try:
        yield
    finally:
        cv2.setNumThreads(before)
