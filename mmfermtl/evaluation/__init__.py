from .functional import paired_image_scores
from .metrics import (CycleError, ExpressionScore, FeatureDistance,
                      GeneratedImageMetric, IdentityScore,
                      IntensityMonotonicity, MacroScores, PerceptualDistance,
                      RegionSimilarity, SequenceAccuracy, SharpnessRatio,
                      SynthesisMetric)

__all__ = [
    'CycleError', 'ExpressionScore', 'FeatureDistance', 'IdentityScore',
    'IntensityMonotonicity', 'MacroScores', 'GeneratedImageMetric',
    'PerceptualDistance', 'RegionSimilarity', 'SequenceAccuracy',
    'SharpnessRatio', 'SynthesisMetric', 'paired_image_scores'
]
