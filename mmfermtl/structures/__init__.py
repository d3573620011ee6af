from .expression_data_sample import ExpressionDataSample
from .image_range import to_network_range, to_picture

__all__ = ['ExpressionDataSample', 'to_network_range', 'to_picture']
