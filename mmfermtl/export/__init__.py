"""Write a network as files that run without PyTorch."""
from .onnx_export import export_onnx

__all__ = ['export_onnx']
