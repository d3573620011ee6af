from .image_scores import paired_image_scores

__all__ = ['paired_image_scores']
