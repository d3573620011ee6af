from .cycle_error import CycleError
from .expression_score import ExpressionScore
from .feature_distance import FeatureDistance
from .generated_image_metric import GeneratedImageMetric
from .identity_score import IdentityScore
from .intensity_monotonicity import IntensityMonotonicity
from .macro_scores import MacroScores
from .perceptual_distance import PerceptualDistance
from .region_similarity import RegionSimilarity
from .sequence_accuracy import SequenceAccuracy
from .sharpness_ratio import SharpnessRatio
from .synthesis_metric import SynthesisMetric

__all__ = [
    'PerceptualDistance', 'IntensityMonotonicity', 'IdentityScore',
    'FeatureDistance', 'ExpressionScore', 'CycleError', 'MacroScores',
    'RegionSimilarity', 'SequenceAccuracy', 'SharpnessRatio',
    'SynthesisMetric', 'GeneratedImageMetric'
]
