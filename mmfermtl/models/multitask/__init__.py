from .adversarial_ddp import AdversarialDistributedDataParallel
from .adversarial_fermtl import AdversarialFERMTL
from .fermtl import FERMTL
from .fermtl_network import FERMTLNetwork, NetworkOutputs

__all__ = [
    'AdversarialDistributedDataParallel', 'AdversarialFERMTL', 'FERMTL',
    'FERMTLNetwork', 'NetworkOutputs'
]
