from .backbone_embedder import BackboneEmbedder
from .face_api_resnet import FaceApiResNet
from .file_embedder import FileEmbedder

__all__ = ['BackboneEmbedder', 'FaceApiResNet', 'FileEmbedder']
