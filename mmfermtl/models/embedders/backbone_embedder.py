from typing import Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class BackboneEmbedder(BaseModule):
    """Vectors of faces from the backbone of a trained classifier.

    Args:
        model (dict | nn.Module): Such as ``dict(type='mmfermtl.TrainedModel',
            config=..., checkpoint=...)``, a :class:`~mmfermtl.models.FERMTL`
            or ``mmpretrain.ImageClassifier``. Its own data preprocessor maps
            the pictures to what it was trained on.

    Raises:
        ValueError: If the model is no classifier.
    """

    def __init__(self, model: Union[dict, nn.Module]) -> None:
        super().__init__()
        self.model = MODELS.build(model) if isinstance(model, dict) else model
        if not getattr(self.model, 'with_head', False):
            raise ValueError(f'{type(self.model).__name__} has no recognition '
                             'head, so that its features tell nothing of '
                             'faces; give a classifier')
        self.eval()

    @torch.no_grad()
    def forward(self, pictures: Tensor) -> Tensor:
        """Embed pictures.

        Args:
            pictures (Tensor): ``(N, C, H, W)`` uint8.

        Returns:
            Tensor: ``(N, D)`` float32, the last features, averaged over the
            face.
        """
        data = self.model.data_preprocessor(dict(inputs=list(pictures)), False)
        feats = self.model.extract_feat(data['inputs'], stage='backbone')
        feats = feats[-1] if isinstance(feats, (tuple, list)) else feats
        return feats.flatten(2).mean(2) if feats.ndim > 2 else feats
