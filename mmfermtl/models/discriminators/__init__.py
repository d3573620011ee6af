from .fes_discriminator import FESDiscriminator

__all__ = ['FESDiscriminator']
