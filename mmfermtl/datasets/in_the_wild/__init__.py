"""Faces from the web: fixed splits, no subjects."""
from .affectnet import AffectNet
from .fer2013 import FER2013
from .ferplus import FERPlus
from .fixed_split_dataset import FixedSplitDataset, has_fixed_splits
from .rafdb import RAFDB

__all__ = [
    'AffectNet', 'FER2013', 'FERPlus', 'FixedSplitDataset', 'RAFDB',
    'has_fixed_splits'
]
