from .bu4dfe import BU4DFE
from .ckplus import CKPlus
from .ckplus48 import CKPlus48
from .ckplus_neutral import CKPlusNeutral
from .expression_dataset import ExpressionDataset
from .generated import GeneratedFaces, GeneratedRatioSampler
from .in_the_wild import FER2013, RAFDB, AffectNet, FERPlus
from .mmi import MMI
from .oulu_casia import OuluCASIA
from .own_data import ExpressionFolder
from .rendered import SyntheticFaces
from .repeated_samples import ClassBalancedDataset, RepeatDataset
from .sequence_dataset import SequenceDataset
from .subjects import SubjectLabels, subject_identity
from .taiwanese_faces import TaiwaneseFaces
from .transforms import (ApplyToPair, AugmentFace, LoadFace,
                         PackExpressionInputs, ResizeFace, ToGray)

__all__ = [
    'AffectNet', 'ApplyToPair', 'AugmentFace', 'BU4DFE', 'CKPlus', 'CKPlus48',
    'CKPlusNeutral', 'ClassBalancedDataset', 'RepeatDataset',
    'ExpressionDataset', 'ExpressionFolder', 'FER2013', 'FERPlus', 'LoadFace',
    'MMI', 'OuluCASIA', 'PackExpressionInputs', 'RAFDB', 'ResizeFace',
    'SequenceDataset', 'SubjectLabels', 'GeneratedFaces', 'SyntheticFaces',
    'TaiwaneseFaces', 'GeneratedRatioSampler', 'ToGray', 'subject_identity'
]
