from .conv_flu_backbone import ConvFLUBackbone
from .dual_backbone import DualBackbone
from .stages import JointBlock, PlainStage, ResidualStage

__all__ = [
    'ConvFLUBackbone', 'JointBlock', 'PlainStage', 'ResidualStage',
    'DualBackbone'
]
