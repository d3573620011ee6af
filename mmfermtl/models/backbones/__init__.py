from .conv_flu_backbone import ConvFLUBackbone
from .stages import JointBlock, PlainStage, ResidualStage
from .twin_backbone import TwinBackbone

__all__ = [
    'ConvFLUBackbone', 'JointBlock', 'PlainStage', 'ResidualStage',
    'TwinBackbone'
]
