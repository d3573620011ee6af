from .synthetic_faces import SyntheticFaces

__all__ = ['SyntheticFaces']
