from .generated_faces import GeneratedFaces
from .generated_ratio_sampler import GeneratedRatioSampler

__all__ = ['GeneratedFaces', 'GeneratedRatioSampler']
