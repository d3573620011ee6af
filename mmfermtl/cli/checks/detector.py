"""Whether the face detector is there and finds a face."""
import os.path as osp
from typing import List

from .check import OK, PROBLEM, Check

GROUP = 'face detector'
#: A rendered face of 96 px, grey: ``mmfermtl.datasets.rendered`` with the
#: random generator of seed 5, happiness. Drawing it takes MMEngine.
FACE = osp.join(osp.dirname(__file__), 'rendered_face.png')
#: Where the detector finds the face: x, y, width, height.
BOX = (14, 7, 68, 86)
#: Pixels that each of them may differ by.
TOLERANCE = 5


def check_detector() -> List[Check]:
    """Check the weights and detect a rendered face."""
    try:
        from ...preparation.face_detector import FaceDetector
        from ...preparation.face_model import find_face_model
    except ImportError:
        return [
            Check(GROUP, 'YuNet', PROBLEM, 'not checked: OpenCV does not load',
                  'see above')
        ]
    try:
        path, _ = find_face_model()
    except FileNotFoundError as error:
        return [
            Check(GROUP, 'YuNet', PROBLEM,
                  str(error).partition('. ')[0], 'mmfermtl setup')
        ]
    except (ValueError, OSError) as error:
        return [
            Check(GROUP, 'YuNet', PROBLEM,
                  str(error).partition(' Run ')[0], 'mmfermtl setup')
        ]
    checks = [Check(GROUP, 'YuNet', OK, f'{path}, SHA-256 as expected')]
    try:
        detector = FaceDetector()
    except RuntimeError as error:
        return checks + [Check(GROUP, 'detection', PROBLEM, str(error))]
    return checks + [_detect(detector)]


def _detect(detector) -> Check:
    """Detect the face and compare its box with the expected one."""
    import cv2
    faces = detector.detect(cv2.imread(FACE, cv2.IMREAD_GRAYSCALE))
    boxes = [[round(value) for value in face.box] for face in faces]
    good = len(boxes) == 1 and all(
        abs(found - wanted) <= TOLERANCE
        for found, wanted in zip(boxes[0], BOX))
    if good:
        return Check(GROUP, 'detection', OK,
                     f'a rendered face at {boxes[0]}, as expected')
    return Check(
        GROUP, 'detection', PROBLEM,
        f'boxes of a rendered face: {boxes}, expected {list(BOX)}',
        'another version of OpenCV may detect right; report the one you have')
