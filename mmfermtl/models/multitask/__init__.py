from .adversarial_ddp import AdversarialDistributedDataParallel
from .adversarial_fermtl import AdversarialFERMTL
from .average_score_tta import AverageScoreTTA
from .expression_data_preprocessor import ExpressionDataPreprocessor
from .fermtl import FERMTL
from .fermtl_network import FERMTLNetwork, NetworkOutputs
from .matched_classifier import MatchedClassifier

__all__ = [
    'AdversarialDistributedDataParallel', 'AdversarialFERMTL',
    'AverageScoreTTA', 'ExpressionDataPreprocessor', 'FERMTL', 'FERMTLNetwork',
    'MatchedClassifier', 'NetworkOutputs'
]
