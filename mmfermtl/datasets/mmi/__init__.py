from .mmi import MMI

__all__ = ['MMI']
