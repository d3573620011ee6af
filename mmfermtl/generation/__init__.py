from .generation_run import GenerationOptions, synthesize

__all__ = ['GenerationOptions', 'synthesize']
