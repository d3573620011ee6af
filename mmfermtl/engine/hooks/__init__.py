from .draw_seed_hook import DrawSeedHook
from .load_expression_parts_hook import LoadExpressionPartsHook
from .progress_bar_hook import ProgressBarHook
from .run_summary_hook import RunSummaryHook
from .synthesis_grid_hook import SynthesisGridHook

__all__ = [
    'DrawSeedHook', 'LoadExpressionPartsHook', 'ProgressBarHook',
    'RunSummaryHook', 'SynthesisGridHook'
]
