from .backbone_embedder import BackboneEmbedder
from .file_embedder import FileEmbedder

__all__ = ['BackboneEmbedder', 'FileEmbedder']
