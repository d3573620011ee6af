from .bu4dfe import BU4DFE
from .ckplus import CKPlus
from .ckplus48 import CKPlus48
from .expression_dataset import ExpressionDataset
from .expression_folder import ExpressionFolder
from .mmi import MMI
from .oulu_casia import OuluCASIA
from .samplers import SyntheticRatioSampler
from .sequence_dataset import SequenceDataset
from .subject_identity import subject_identity
from .subject_labels import SubjectLabels
from .synthesized_faces import SynthesizedFaces
from .synthetic_faces import SyntheticFaces
from .transforms import (ApplyToPair, LoadFace, PackExpressionInputs,
                         ResizeFace, ToGray)

__all__ = [
    'ApplyToPair', 'BU4DFE', 'CKPlus', 'CKPlus48', 'ExpressionDataset',
    'ExpressionFolder', 'LoadFace', 'MMI', 'OuluCASIA', 'PackExpressionInputs',
    'ResizeFace', 'SequenceDataset', 'SubjectLabels', 'SynthesizedFaces',
    'SyntheticFaces', 'SyntheticRatioSampler', 'ToGray', 'subject_identity'
]
