from ..safe_loading import allow_mmengine_globals
from .hooks import (DrawSeedHook, GateStatisticsHook, LeakCheckHook,
                    LoadExpressionPartsHook, PredictionDumpHook,
                    ProgressBarHook, RunSummaryHook, SynthesisGridHook)
from .optimizers import (AutocastOptimWrapper, MultiOptimWrapper,
                         MultiOptimWrapperConstructor,
                         NoBiasDecayOptimWrapperConstructor)
from .trained_model import build_trained_model

__all__ = [
    'AutocastOptimWrapper', 'DrawSeedHook', 'GateStatisticsHook',
    'LeakCheckHook', 'LoadExpressionPartsHook', 'MultiOptimWrapper',
    'MultiOptimWrapperConstructor', 'NoBiasDecayOptimWrapperConstructor',
    'PredictionDumpHook', 'ProgressBarHook', 'RunSummaryHook',
    'SynthesisGridHook', 'build_trained_model'
]

# Else the Runner of MMEngine 0.10.7 and older could not resume its own
# checkpoints under PyTorch 2.6 and newer, whatever tool has built it.
allow_mmengine_globals()
