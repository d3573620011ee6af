from .ckplus48 import CKPlus48
from .expression_dataset import ExpressionDataset
from .synthetic_faces import SyntheticFaces
from .transforms import ApplyToPair, LoadFace, PackExpressionInputs, ToGray

__all__ = [
    'ApplyToPair', 'CKPlus48', 'ExpressionDataset', 'LoadFace',
    'PackExpressionInputs', 'SyntheticFaces', 'ToGray'
]
