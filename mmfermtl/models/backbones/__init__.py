from .conv_flu_backbone import ConvFLUBackbone
from .dual_backbone import DualBackbone
from .face_api_resnet import FaceApiResNet
from .image_features import ImageFeatures
from .stages import JointBlock, PlainStage, ResidualStage

__all__ = [
    'ConvFLUBackbone', 'FaceApiResNet', 'ImageFeatures', 'JointBlock',
    'PlainStage', 'ResidualStage', 'DualBackbone'
]
