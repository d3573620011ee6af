from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...expressions import match_classes
from ...registry import MODELS
from ...structures import ExpressionDataSample
from ...utils.face_size import resize_face
from ...utils.model_parts import build_part


@MODELS.register_module()
class MatchedClassifier(BaseModule):
    """Read some of a classifier's classes, in another order.

    So a classifier of another dataset, with more classes, scores images as
    one of the same classes would. The probabilities are those given that the
    image shows one of them: the others are left out, and the rest sums to 1.

    Args:
        classifier (dict | nn.Module): :class:`FERMTL` or any classifier of
            mmpretrain, such as ``dict(type='mmfermtl.TrainedModel', ...)``.
        known (Sequence[str]): Names of its classes, in label order.
        classes (Sequence[str]): The classes to read, in label order; known
            spellings such as ``'Happy'`` match.
        image_size (Sequence[int], optional): Height and width of the images
            that it was trained on, to which others are resized as by
            :class:`~mmfermtl.datasets.ResizeFace`. Defaults to None, as they
            are.

    Raises:
        ValueError: If it does not know one of the classes, or gives another
            number of scores than it has names.

    Examples:
        >>> from mmfermtl.expressions import CLASS_SETS
        >>> classifier = dict(
        ...     type='mmfermtl.MatchedClassifier',
        ...     classifier=dict(
        ...         type='mmfermtl.TrainedModel',
        ...         config='configs/single_task/fer_ferplus.py',
        ...         checkpoint='work_dirs/fer_ferplus/epoch_30.pth'),
        ...     known=CLASS_SETS[8],
        ...     classes=CLASS_SETS[7],
        ...     image_size=[48, 48])
    """

    def __init__(self,
                 classifier: Union[dict, nn.Module],
                 known: Sequence[str],
                 classes: Sequence[str],
                 image_size: Optional[Sequence[int]] = None) -> None:
        super().__init__()
        match = match_classes(classes, known)
        if match.added:
            raise ValueError(
                f'the classifier knows {", ".join(known)}, but not '
                f'{", ".join(match.added)}; give one that was trained on '
                'all classes of the model that it evaluates')
        self.num_known = len(known)
        self.columns = [there for _, there in match.pairs]
        self.image_size: Optional[Tuple[int, ...]] = None
        if image_size is not None:
            self.image_size = tuple(image_size)
        self.classifier: Any = build_part(classifier)
        self.eval()

    @torch.no_grad()
    def test_step(self, data: Dict[str, Any]) -> List[ExpressionDataSample]:
        """Classify ``N`` images ``(C, H, W)`` uint8, and return samples."""
        inputs = [self._resize(image) for image in data['inputs']]
        found = []
        for sample in self.classifier.test_step(dict(data, inputs=inputs)):
            score = sample.pred_score
            if len(score) != self.num_known:
                raise ValueError(
                    f'the classifier gives {len(score)} scores, but '
                    f'{self.num_known} names of classes were given; name '
                    'all of them, in label order')
            score = score[self.columns]
            score = score / score.sum().clamp(min=1e-12)
            # A new sample: the other one belongs to another number.
            found.append(
                ExpressionDataSample().set_pred_score(score).set_pred_label(
                    int(score.argmax())))
        return found

    def _resize(self, image: Tensor) -> Tensor:
        """Resize ``(C, H, W)`` uint8 to the size of the training."""
        if self.image_size is None:
            return image
        height, width = self.image_size
        resized = resize_face(
            image.permute(1, 2, 0).cpu().numpy(), height, width)
        # OpenCV drops the axis of a single channel.
        resized = resized.reshape(height, width, len(image))
        return torch.from_numpy(resized).permute(2, 0, 1).to(image.device)
