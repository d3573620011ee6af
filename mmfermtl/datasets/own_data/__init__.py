from .expression_folder import ExpressionFolder

__all__ = ['ExpressionFolder']
