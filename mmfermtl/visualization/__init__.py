from .expression_grid import draw_expression_grid

__all__ = ['draw_expression_grid']
