from ..utils.safe_loading import secure_mmengine_loading
from .checkpoints.model_loading import build_trained_model
from .hooks import (DrawSeedHook, GateStatisticsHook, LeakCheckHook,
                    LoadExpressionPartsHook, PredictionDumpHook,
                    ProgressBarHook, RunSummaryHook, SynthesisGridHook,
                    TrainingFactsHook)
from .optimizers import (AutocastOptimWrapper, MultiOptimWrapper,
                         MultiOptimWrapperConstructor,
                         NoBiasDecayOptimWrapperConstructor)

__all__ = [
    'AutocastOptimWrapper', 'DrawSeedHook', 'GateStatisticsHook',
    'LeakCheckHook', 'LoadExpressionPartsHook', 'MultiOptimWrapper',
    'MultiOptimWrapperConstructor', 'NoBiasDecayOptimWrapperConstructor',
    'PredictionDumpHook', 'ProgressBarHook', 'RunSummaryHook',
    'SynthesisGridHook', 'TrainingFactsHook', 'build_trained_model'
]

# Every Runner whose config names a part of the engine loads weights without
# running code from them, and that of MMEngine 0.10.7 and older can resume its
# own checkpoints under PyTorch 2.6 and newer.
secure_mmengine_loading()
