"""Load weights safely, and report where they do not fit.

MMEngine falls back to unpickling arbitrary objects when a safe load fails,
and continues with random weights when keys do not match. Here both are
errors, and so are weights that no training can have written.
"""
from .checkpoint_content import load_checkpoint_safely
from .mmengine_loading import secure_mmengine_loading
from .safe_reading import allow_mmengine_globals, read_safely
from .safetensors_files import read_safetensors, write_safetensors
from .weights_fit import describe_misfit, shorten

__all__ = [
    'allow_mmengine_globals', 'describe_misfit', 'load_checkpoint_safely',
    'read_safely', 'read_safetensors', 'secure_mmengine_loading', 'shorten',
    'write_safetensors'
]
