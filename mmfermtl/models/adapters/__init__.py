"""Use parts of mmagic in FERMTL, and parts of FERMTL in mmagic."""
from .conditional_discriminator import ConditionalDiscriminator
from .gan_loss_adapter import GANLossAdapter
from .image_pair_loss import ImagePairLoss
from .translation_data_preprocessor import TranslationDataPreprocessor
from .translation_discriminator import TranslationDiscriminator
from .translation_generator import TranslationGenerator

__all__ = [
    'ConditionalDiscriminator', 'GANLossAdapter', 'ImagePairLoss',
    'TranslationDataPreprocessor', 'TranslationDiscriminator',
    'TranslationGenerator'
]
