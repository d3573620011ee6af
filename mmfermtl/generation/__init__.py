from .generation_options import GenerationOptions, Targets
from .generation_run import synthesize
from .synthesis_scoring import evaluate_synthesis, score_from_files

__all__ = [
    'GenerationOptions', 'Targets', 'evaluate_synthesis', 'score_from_files',
    'synthesize'
]
