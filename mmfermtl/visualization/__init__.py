from .expression_grid import draw_expression_grid
from .learning_curves import draw_learning_curves
from .text_table import format_table

__all__ = ['draw_expression_grid', 'draw_learning_curves', 'format_table']
