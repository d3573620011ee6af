"""A photograph, film or camera in; expressions and edited faces out.

Nothing here but :mod:`~mmfermtl.inference.torch_backend` needs PyTorch.
"""
from .backend import Backend, load_backend

__all__ = ['Backend', 'load_backend']
