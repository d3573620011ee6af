"""Choose, with a face detector, how the frames of a video are rotated."""
from typing import Any, Dict, List, Optional

import numpy as np

from ..utils.decoding.clip_geometry import Geometry, upright_frame
from .face_detector import DetectedFace

#: Least score times frontality of a sure face. On rendered clips the right
#: geometry gets 0.86 and more, wrong ones 0.83 and less.
SURE = 0.85
CLEARLY_BETTER = 0.1


def choose_geometry(images: Dict[int, np.ndarray], candidates: List[Geometry],
                    is_known: bool, detector: Any) -> Optional[Geometry]:
    """Choose how the frames of a clip are turned upright.

    The frame in the middle decides, or the next one that shows a face. The
    documented geometry is used if it shows a sure and frontal face there, or
    if no other one shows a clearly better face. Of a dual view without a
    documented half, the half with the better face is used, the whole frame
    only if neither has one.

    Args:
        images (dict[int, np.ndarray]): Frames as they are stored,
            ``(H, W, 3)`` uint8 BGR, by number.
        candidates (list[dict]): Possible geometries, likeliest first.
        is_known (bool): Whether the first is documented, not guessed.
        detector: Has ``detect(image) -> list[DetectedFace]``.

    Returns:
        dict, optional: The geometry; None if none shows a face.
    """
    middle = sorted(images)[len(images) // 2] if images else 0
    for index in sorted(images, key=lambda i: (abs(i - middle), i)):
        image = images[index]
        if is_known:
            if _quality(detector, image, candidates[0]) >= SURE:
                return candidates[0]
            found = _best(detector, image, candidates, CLEARLY_BETTER)
        else:
            halves = [c for c in candidates if c['half'] is not None]
            others = [c for c in candidates if c['half'] is None]
            found = (
                _best(detector, image, halves, 0.)
                or _best(detector, image, others, 0.))
        if found is not None:
            return found
    return None


def _best(detector: Any, image: np.ndarray, candidates: List[Geometry],
          tolerance: float) -> Optional[Geometry]:
    """Return the first candidate that is nearly as good as the best."""
    qualities = [_quality(detector, image, c) for c in candidates]
    least = max(qualities, default=0.) - tolerance
    return next((c for c, quality in zip(candidates, qualities)
                 if quality > 0 and quality >= least), None)


def _quality(detector: Any, image: np.ndarray, geometry: Geometry) -> float:
    """Rate the best upright face of a frame: score times frontality."""
    faces = detector.detect(upright_frame(image, geometry))
    return max((face.score * _frontal(face) for face in faces), default=0.)


def _frontal(face: DetectedFace) -> float:
    """Rate how frontal a face is.

    1 if the nose is midway between the eyes, 0.1 beyond one of them, 0 if the
    face is not upright, within 45 degrees.
    """
    left, right, nose = face.landmarks[:3]
    down = face.landmarks[3:].mean(axis=0) - (left + right) / 2
    if down[1] <= abs(down[0]):
        return 0.
    across = right - left
    length = float(across @ across)
    if length == 0:
        return 0.
    offset = abs(float((nose - (left + right) / 2) @ across)) / length
    return max(1 - 2 * offset, 0.1)
