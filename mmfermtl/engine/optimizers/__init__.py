from .autocast_optim_wrapper import AutocastOptimWrapper
from .multi_optim_wrapper_constructor import (MultiOptimWrapper,
                                              MultiOptimWrapperConstructor)
from .no_bias_decay_constructor import NoBiasDecayOptimWrapperConstructor

__all__ = [
    'AutocastOptimWrapper', 'MultiOptimWrapper',
    'MultiOptimWrapperConstructor', 'NoBiasDecayOptimWrapperConstructor'
]
