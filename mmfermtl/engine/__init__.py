from .hooks import DrawSeedHook, SynthesisGridHook
from .optimizers import (AutocastOptimWrapper, MultiOptimWrapper,
                         MultiOptimWrapperConstructor)

__all__ = [
    'AutocastOptimWrapper', 'DrawSeedHook', 'MultiOptimWrapper',
    'MultiOptimWrapperConstructor', 'SynthesisGridHook'
]
