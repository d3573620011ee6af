from .differentiable_augment import DifferentiableAugment
from .discriminator_outputs import DiscriminatorOutputs
from .feature_discriminator import FeatureDiscriminator
from .fes_discriminator import FESDiscriminator
from .stargan_discriminator import StarGANDiscriminator

__all__ = [
    'DifferentiableAugment', 'DiscriminatorOutputs', 'FESDiscriminator',
    'FeatureDiscriminator', 'StarGANDiscriminator'
]
