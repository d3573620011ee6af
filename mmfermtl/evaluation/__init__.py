from .functional import paired_image_scores
from .metrics import SequenceAccuracy, SynthesisMetric

__all__ = ['SequenceAccuracy', 'SynthesisMetric', 'paired_image_scores']
