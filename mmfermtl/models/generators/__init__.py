from .fes_generator import FESGenerator
from .label_injection import LabelModulation, LabelTransformer
from .stargan_generator import StarGANGenerator
from .upsample_conv import UpsampleConv2d

__all__ = [
    'FESGenerator', 'LabelModulation', 'LabelTransformer', 'StarGANGenerator',
    'UpsampleConv2d'
]
