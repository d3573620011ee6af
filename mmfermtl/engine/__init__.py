from .hooks import (DrawSeedHook, LoadExpressionPartsHook, ProgressBarHook,
                    RunSummaryHook, SynthesisGridHook)
from .optimizers import (AutocastOptimWrapper, MultiOptimWrapper,
                         MultiOptimWrapperConstructor)

__all__ = [
    'AutocastOptimWrapper', 'DrawSeedHook', 'LoadExpressionPartsHook',
    'MultiOptimWrapper', 'MultiOptimWrapperConstructor', 'ProgressBarHook',
    'RunSummaryHook', 'SynthesisGridHook'
]
