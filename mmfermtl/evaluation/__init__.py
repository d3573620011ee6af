from .functional import paired_image_scores
from .metrics import SynthesisMetric

__all__ = ['SynthesisMetric', 'paired_image_scores']
