"""A photograph, film or camera in; expressions and edited faces out.

Nothing here but :mod:`~mmfermtl.inference.torch_backend` needs PyTorch.
"""
from .backend import Backend
from .backend_loading import load_backend
from .face_inferencer import FaceInferencer
from .reader_options import ReaderOptions

__all__ = ['Backend', 'FaceInferencer', 'ReaderOptions', 'load_backend']
