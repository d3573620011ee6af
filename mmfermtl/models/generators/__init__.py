from .fes_generator import FESGenerator
from .label_injection import LabelModulation, LabelTransformer

__all__ = ['FESGenerator', 'LabelModulation', 'LabelTransformer']
