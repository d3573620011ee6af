from .conv_flu import ConvFLU, Gates
from .conv_flu_exchange import ConvFLUExchange
from .cross_stitch import CrossStitch
from .gate_recorder import record_gates
from .giver_replacement import replace_giver
from .hard_sharing import HardSharing
from .nddr import NDDR

__all__ = [
    'ConvFLU', 'ConvFLUExchange', 'CrossStitch', 'Gates', 'HardSharing',
    'NDDR', 'record_gates', 'replace_giver'
]
