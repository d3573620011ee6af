from .adversarial_ddp import AdversarialDistributedDataParallel
from .adversarial_fermtl import AdversarialFERMTL
from .expression_data_preprocessor import ExpressionDataPreprocessor
from .fermtl import FERMTL
from .fermtl_network import FERMTLNetwork, NetworkOutputs

__all__ = [
    'AdversarialDistributedDataParallel', 'AdversarialFERMTL',
    'ExpressionDataPreprocessor', 'FERMTL', 'FERMTLNetwork', 'NetworkOutputs'
]
