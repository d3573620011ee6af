"""A photograph, film or camera in; expressions and edited faces out.

Nothing here but :mod:`~mmfermtl.inference.torch_backend` needs PyTorch.
"""
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .backend import Backend
from .backend_loading import load_backend

if TYPE_CHECKING:
    from .face_inferencer import FaceInferencer
    from .reader_options import ReaderOptions

__all__ = ['Backend', 'FaceInferencer', 'ReaderOptions', 'load_backend']
#: Loaded when they are first asked for: a network alone needs NumPy and what
#: runs it, but neither OpenCV, Pillow nor Rich.
_LATE = dict(FaceInferencer='face_inferencer', ReaderOptions='reader_options')


def __getattr__(name: str) -> Any:
    """Import a class of ``_LATE``."""
    if name not in _LATE:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'.{_LATE[name]}', __name__), name)
