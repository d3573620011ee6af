from .hooks import (DrawSeedHook, ProgressBarHook, RunSummaryHook,
                    SynthesisGridHook)
from .optimizers import (AutocastOptimWrapper, MultiOptimWrapper,
                         MultiOptimWrapperConstructor)

__all__ = [
    'AutocastOptimWrapper', 'DrawSeedHook', 'MultiOptimWrapper',
    'MultiOptimWrapperConstructor', 'ProgressBarHook', 'RunSummaryHook',
    'SynthesisGridHook'
]
