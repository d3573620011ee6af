from .fes_generator import FESGenerator
from .label_injection import LabelModulation, LabelTransformer
from .upsample_conv import UpsampleConv2d

__all__ = [
    'FESGenerator', 'LabelModulation', 'LabelTransformer', 'UpsampleConv2d'
]
