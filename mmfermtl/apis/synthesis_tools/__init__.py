from .painting_run import PaintingOptions, synthesize

__all__ = ['PaintingOptions', 'synthesize']
