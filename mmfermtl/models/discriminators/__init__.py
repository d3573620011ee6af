from .discriminator_outputs import DiscriminatorOutputs
from .fes_discriminator import FESDiscriminator

__all__ = ['DiscriminatorOutputs', 'FESDiscriminator']
