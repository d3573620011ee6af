from .discriminator_outputs import DiscriminatorOutputs
from .fes_discriminator import FESDiscriminator
from .stargan_discriminator import StarGANDiscriminator

__all__ = ['DiscriminatorOutputs', 'FESDiscriminator', 'StarGANDiscriminator']
