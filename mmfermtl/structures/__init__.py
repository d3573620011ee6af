from .expression_data_sample import ExpressionDataSample
from .image_channels import match_channels
from .image_range import to_network_range, to_picture
from .image_sizes import check_image_sizes, check_paired_options

__all__ = [
    'ExpressionDataSample', 'check_image_sizes', 'check_paired_options',
    'match_channels', 'to_network_range', 'to_picture'
]
