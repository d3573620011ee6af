from .synthesis_metric import SynthesisMetric

__all__ = ['SynthesisMetric']
