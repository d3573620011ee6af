"""Load weights safely, and report where they do not fit.

MMEngine falls back to unpickling arbitrary objects when a safe load fails,
and continues with random weights when keys do not match. Here both are
errors, and so are weights that no training can have written.
"""
from .checkpoint_content import load_checkpoint_safely
from .mmengine_loading import load_from_local, secure_mmengine_loading
from .published_checkpoint import (find_published, list_published,
                                   read_published, weights_file)
from .safe_reading import allow_mmengine_globals
from .safetensors_files import read_safetensors, write_safetensors
from .weights_fit import describe_misfit, shorten

__all__ = [
    'allow_mmengine_globals', 'describe_misfit', 'find_published',
    'list_published', 'load_checkpoint_safely', 'load_from_local',
    'read_published', 'read_safetensors', 'secure_mmengine_loading', 'shorten',
    'weights_file', 'write_safetensors'
]
