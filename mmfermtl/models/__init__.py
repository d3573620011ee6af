from .backbones import ConvFLUBackbone, JointBlock, PlainStage, ResidualStage
from .discriminators import FESDiscriminator
from .generators import FESGenerator, LabelModulation, LabelTransformer
from .heads import FERHead
from .losses import AdversarialLoss, CrossEntropyLoss, FeatureLoss, PixelLoss
from .multitask import (FERMTL, AdversarialDistributedDataParallel,
                        AdversarialFERMTL, FERMTLNetwork, NetworkOutputs)
from .sharing import ConvFLU, ConvFLUExchange, Gates

__all__ = [
    'AdversarialDistributedDataParallel', 'AdversarialFERMTL',
    'AdversarialLoss', 'ConvFLU', 'ConvFLUBackbone', 'ConvFLUExchange',
    'CrossEntropyLoss', 'FERHead', 'FERMTL', 'FERMTLNetwork',
    'FESDiscriminator', 'FESGenerator', 'FeatureLoss', 'Gates', 'JointBlock',
    'LabelModulation', 'LabelTransformer', 'NetworkOutputs', 'PixelLoss',
    'PlainStage', 'ResidualStage'
]
