from .draw_seed_hook import DrawSeedHook
from .progress_bar_hook import ProgressBarHook
from .run_summary_hook import RunSummaryHook
from .synthesis_grid_hook import SynthesisGridHook

__all__ = [
    'DrawSeedHook', 'ProgressBarHook', 'RunSummaryHook', 'SynthesisGridHook'
]
