from .fer_head import FERHead

__all__ = ['FERHead']
