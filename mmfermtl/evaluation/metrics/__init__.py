from .sequence_accuracy import SequenceAccuracy
from .synthesis_metric import SynthesisMetric

__all__ = ['SequenceAccuracy', 'SynthesisMetric']
