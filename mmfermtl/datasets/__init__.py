from .bu4dfe import BU4DFE
from .ckplus import CKPlus
from .ckplus48 import CKPlus48
from .expression_dataset import ExpressionDataset
from .generated import GeneratedFaces, GeneratedRatioSampler
from .mmi import MMI
from .oulu_casia import OuluCASIA
from .own_data import ExpressionFolder
from .rendered import SyntheticFaces
from .sequence_dataset import SequenceDataset
from .subjects import SubjectLabels, subject_identity
from .transforms import (ApplyToPair, AugmentFace, LoadFace,
                         PackExpressionInputs, ResizeFace, ToGray)

__all__ = [
    'ApplyToPair', 'AugmentFace', 'BU4DFE', 'CKPlus', 'CKPlus48',
    'ExpressionDataset', 'ExpressionFolder', 'LoadFace', 'MMI', 'OuluCASIA',
    'PackExpressionInputs', 'ResizeFace', 'SequenceDataset', 'SubjectLabels',
    'GeneratedFaces', 'SyntheticFaces', 'GeneratedRatioSampler', 'ToGray',
    'subject_identity'
]
