from ..utils.safe_loading import secure_mmengine_loading
from .adapters import (ConditionalDiscriminator, GANLossAdapter, ImagePairLoss,
                       TranslationDataPreprocessor, TranslationDiscriminator,
                       TranslationGenerator)
from .backbones import (ConvFLUBackbone, DualBackbone, FaceApiResNet,
                        ImageFeatures, JointBlock, PlainStage, ResidualStage)
from .balancing import (DynamicWeightAverage, GradientWeighting, LossBalance,
                        UncertaintyWeighting)
from .discriminators import (DifferentiableAugment, DiscriminatorOutputs,
                             FeatureDiscriminator, FESDiscriminator,
                             StarGANDiscriminator)
from .embedders import BackboneEmbedder, FileEmbedder
from .generators import (FESGenerator, LabelModulation, LabelTransformer,
                         StarGANGenerator, UpsampleConv2d)
from .heads import FERHead
from .losses import (AdversarialLoss, CrossEntropyLoss, FeatureLoss,
                     GradientPenalty, PixelLoss, R1Penalty)
from .multitask import (FERMTL, AdversarialDistributedDataParallel,
                        AdversarialFERMTL, AverageScoreTTA,
                        ExpressionDataPreprocessor, FERMTLNetwork,
                        MatchedClassifier, NetworkOutputs)
from .sharing import (NDDR, ConvFLU, ConvFLUExchange, CrossStitch, Gates,
                      HardSharing, record_gates, replace_source)

__all__ = [
    'AdversarialDistributedDataParallel', 'AdversarialFERMTL',
    'AdversarialLoss', 'AverageScoreTTA', 'ConditionalDiscriminator',
    'GANLossAdapter', 'ImagePairLoss', 'TranslationDataPreprocessor',
    'TranslationDiscriminator', 'TranslationGenerator', 'BackboneEmbedder',
    'ConvFLU', 'ConvFLUBackbone', 'ConvFLUExchange', 'CrossEntropyLoss',
    'CrossStitch', 'DifferentiableAugment', 'DiscriminatorOutputs',
    'DynamicWeightAverage', 'ExpressionDataPreprocessor', 'FERHead', 'FERMTL',
    'FERMTLNetwork', 'FESDiscriminator', 'FESGenerator', 'FaceApiResNet',
    'FeatureDiscriminator', 'FeatureLoss', 'GradientPenalty', 'FileEmbedder',
    'Gates', 'GradientWeighting', 'HardSharing', 'ImageFeatures', 'JointBlock',
    'LabelModulation', 'LabelTransformer', 'LossBalance', 'MatchedClassifier',
    'NDDR', 'NetworkOutputs', 'PixelLoss', 'PlainStage', 'R1Penalty',
    'ResidualStage', 'StarGANDiscriminator', 'StarGANGenerator',
    'DualBackbone', 'UncertaintyWeighting', 'UpsampleConv2d', 'record_gates',
    'replace_source'
]

# `init_cfg` with weights, and mmpretrain's `get_model` on a config of ours.
secure_mmengine_loading()
