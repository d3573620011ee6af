from .dataset_charts import draw_class_charts, draw_subject_charts
from .dataset_pages import draw_page
from .expression_grid import draw_expression_grid
from .gate_maps import draw_gate_history, draw_gate_maps
from .learning_curves import draw_learning_curves

__all__ = [
    'draw_class_charts', 'draw_expression_grid', 'draw_gate_history',
    'draw_gate_maps', 'draw_learning_curves', 'draw_page',
    'draw_subject_charts'
]
