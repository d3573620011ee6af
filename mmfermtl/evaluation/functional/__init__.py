from .classification_scores import (average_frames, count_confusion,
                                    score_confusion)
from .image_scores import paired_image_scores

__all__ = [
    'average_frames', 'count_confusion', 'paired_image_scores',
    'score_confusion'
]
