from .image_scores import paired_image_scores
from .perceptual_hash import (NearDuplicate, find_near_duplicates,
                              make_thumbnail)

__all__ = [
    'NearDuplicate', 'find_near_duplicates', 'make_thumbnail',
    'paired_image_scores'
]
