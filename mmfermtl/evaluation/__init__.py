from .functional import paired_image_scores
from .metrics import (CycleError, ExpressionScore, FeatureDistance,
                      IdentityScore, IntensityMonotonicity, MacroScores,
                      PaintedFaceMetric, PerceptualDistance, SequenceAccuracy,
                      SynthesisMetric)

__all__ = [
    'CycleError', 'ExpressionScore', 'FeatureDistance', 'IdentityScore',
    'IntensityMonotonicity', 'MacroScores', 'PaintedFaceMetric',
    'PerceptualDistance', 'SequenceAccuracy', 'SynthesisMetric',
    'paired_image_scores'
]
