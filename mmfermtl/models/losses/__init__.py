from .adversarial_loss import AdversarialLoss
from .cross_entropy_loss import CrossEntropyLoss
from .feature_loss import FeatureLoss
from .gradient_penalty import GradientPenalty, R1Penalty
from .pixel_loss import PixelLoss

__all__ = [
    'AdversarialLoss', 'CrossEntropyLoss', 'FeatureLoss', 'GradientPenalty',
    'PixelLoss', 'R1Penalty'
]
