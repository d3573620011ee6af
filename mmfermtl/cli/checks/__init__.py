"""What ``mmfermtl doctor`` checks; none of it needs PyTorch."""
from .check import Check

__all__ = ['Check']
