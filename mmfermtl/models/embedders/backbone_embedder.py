from typing import Union

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.model_parts import build_part


@MODELS.register_module()
class BackboneEmbedder(BaseModule):
    """Embed images with the backbone of a trained classifier.

    Args:
        model (dict | nn.Module): Such as ``dict(type='mmfermtl.TrainedModel',
            config=..., checkpoint=...)``, a :class:`~mmfermtl.models.FERMTL`
            or ``mmpretrain.ImageClassifier``. Its data preprocessor converts
            the images to what it was trained on.

    Raises:
        ValueError: If the model is no classifier.
    """

    def __init__(self, model: Union[dict, nn.Module]) -> None:
        super().__init__()
        self.model = build_part(model)
        if not getattr(self.model, 'with_head', False):
            raise ValueError(f'{type(self.model).__name__} has no recognition '
                             'head, so its features were not trained to '
                             'distinguish images; give a classifier')
        #: Of the network in reports.
        self.name = f'{type(self.model).__name__}Backbone'
        self.eval()  # vectors must not depend on the batch

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Embed ``(N, C, H, W)`` uint8 as ``(N, D)`` float32.

        These are the last features, averaged over the pixels.
        """
        data = self.model.data_preprocessor(dict(inputs=list(images)), False)
        feats = self.model.extract_feat(data['inputs'], stage='backbone')
        feats = feats[-1] if isinstance(feats, (tuple, list)) else feats
        return feats.flatten(2).mean(2) if feats.ndim > 2 else feats
