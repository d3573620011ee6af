from .divergence_hook import DivergenceHook
from .draw_seed_hook import DrawSeedHook
from .gate_statistics_hook import GateStatisticsHook
from .leak_check_hook import LeakCheckHook
from .load_expression_parts_hook import LoadExpressionPartsHook
from .prediction_dump_hook import PredictionDumpHook
from .progress_bar_hook import ProgressBarHook
from .run_summary_hook import RunSummaryHook
from .synthesis_grid_hook import SynthesisGridHook
from .training_facts_hook import TrainingFactsHook

__all__ = [
    'DivergenceHook', 'DrawSeedHook', 'GateStatisticsHook', 'LeakCheckHook',
    'LoadExpressionPartsHook', 'PredictionDumpHook', 'ProgressBarHook',
    'RunSummaryHook', 'SynthesisGridHook', 'TrainingFactsHook'
]
