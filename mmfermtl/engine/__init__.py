from .hooks import (DrawSeedHook, GateStatisticsHook, LoadExpressionPartsHook,
                    PredictionDumpHook, ProgressBarHook, RunSummaryHook,
                    SynthesisGridHook)
from .optimizers import (AutocastOptimWrapper, MultiOptimWrapper,
                         MultiOptimWrapperConstructor)
from .trained_model import build_trained_model

__all__ = [
    'AutocastOptimWrapper', 'DrawSeedHook', 'GateStatisticsHook',
    'LoadExpressionPartsHook', 'MultiOptimWrapper',
    'MultiOptimWrapperConstructor', 'PredictionDumpHook', 'ProgressBarHook',
    'RunSummaryHook', 'SynthesisGridHook', 'build_trained_model'
]
