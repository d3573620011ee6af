from .conv_flu import ConvFLU, Gates
from .conv_flu_exchange import ConvFLUExchange
from .cross_stitch import CrossStitch
from .gate_recorder import record_gates
from .hard_sharing import HardSharing
from .nddr import NDDR
from .source_replacement import replace_source

__all__ = [
    'ConvFLU', 'ConvFLUExchange', 'CrossStitch', 'Gates', 'HardSharing',
    'NDDR', 'record_gates', 'replace_source'
]
