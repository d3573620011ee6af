from .generation_run import GenerationOptions, synthesize
from .synthesis_scoring import evaluate_synthesis, score_from_files

__all__ = [
    'GenerationOptions', 'evaluate_synthesis', 'score_from_files', 'synthesize'
]
