from .alignment import (alignment_transform, five_points, transform_points,
                        warp_face)
from .face_detector import DetectedFace, FaceDetector
from .face_model import find_face_model

__all__ = [
    'DetectedFace', 'FaceDetector', 'alignment_transform', 'find_face_model',
    'five_points', 'transform_points', 'warp_face'
]
