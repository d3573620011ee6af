from .draw_seed_hook import DrawSeedHook
from .synthesis_grid_hook import SynthesisGridHook

__all__ = ['DrawSeedHook', 'SynthesisGridHook']
