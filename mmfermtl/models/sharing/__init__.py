from .conv_flu import ConvFLU, Gates
from .conv_flu_exchange import ConvFLUExchange

__all__ = ['ConvFLU', 'ConvFLUExchange', 'Gates']
