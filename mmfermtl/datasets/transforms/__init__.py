from .apply_to_pair import ApplyToPair
from .augment_face import AugmentFace
from .load_face import LoadFace
from .pack_expression_inputs import PackExpressionInputs
from .resize_face import ResizeFace
from .to_gray import ToGray

__all__ = [
    'ApplyToPair', 'AugmentFace', 'LoadFace', 'PackExpressionInputs',
    'ResizeFace', 'ToGray'
]
