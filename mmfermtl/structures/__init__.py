from .expression_data_sample import ExpressionDataSample
from .image_channels import match_channels
from .image_range import to_network_range, to_picture

__all__ = [
    'ExpressionDataSample', 'match_channels', 'to_network_range', 'to_picture'
]
