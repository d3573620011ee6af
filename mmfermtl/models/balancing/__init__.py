from .dynamic_weight_average import DynamicWeightAverage
from .gradient_weighting import GradientWeighting
from .loss_balance import LossBalance
from .uncertainty_weighting import UncertaintyWeighting

__all__ = [
    'DynamicWeightAverage', 'GradientWeighting', 'LossBalance',
    'UncertaintyWeighting'
]
