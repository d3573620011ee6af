from .conv_flu_backbone import ConvFLUBackbone
from .stages import JointBlock, PlainStage, ResidualStage

__all__ = ['ConvFLUBackbone', 'JointBlock', 'PlainStage', 'ResidualStage']
