from typing import Dict, List, Optional, Tuple

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...structures import ExpressionDataSample
from ...utils.model_parts import build_part


@MODELS.register_module()
class FERHead(BaseModule):
    """Expression classifier: 3x3 convolution, BN, ReLU, pooling, linear.

    Source: the classifier ``f_cls`` of both releases. It has the interface
    of mmpretrain's heads, so that it works in ``mmpretrain.ImageClassifier``
    too.

    Args:
        in_channels (int): Channels of the last FER features.
        num_classes (int): Number of expressions ``E``.
        hidden_channels (int, optional): Channels of the convolution. None
            means ``in_channels``. Defaults to None.
        padding (int): Padding of the convolution: 1, or 0 as in the release
            of 2020. Defaults to 1.
        norm_cfg (dict): Norm layer. Defaults to ``dict(type='BN')``.
        dropout (float): Probability before the linear layer. Defaults to 0.
        loss (dict | nn.Module): Defaults to
            ``dict(type='mmfermtl.CrossEntropyLoss')``.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 in_channels: int,
                 num_classes: int,
                 hidden_channels: Optional[int] = None,
                 padding: int = 1,
                 norm_cfg: dict = dict(type='BN'),
                 dropout: float = 0.,
                 loss: dict = dict(type='mmfermtl.CrossEntropyLoss'),
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        hidden_channels = hidden_channels or in_channels
        self.num_classes = num_classes
        self.conv = ConvModule(
            in_channels,
            hidden_channels,
            3,
            padding=padding,
            norm_cfg=norm_cfg)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(hidden_channels, num_classes)
        self.loss_module = build_part(loss)

    def pre_logits(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Pool the last ``(N, C, H, W)`` to ``(N, hidden_channels)``."""
        return self.conv(feats[-1]).mean(dim=(2, 3))

    def forward(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Compute logits ``(N, E)`` of the last features ``(N, C, H, W)``."""
        return self.fc(self.dropout(self.pre_logits(feats)))

    def loss(self, feats: Tuple[Tensor,
                                ...], data_samples: List[ExpressionDataSample],
             **kwargs) -> Dict[str, Tensor]:
        """Compute the loss against ``gt_score``, or else ``gt_label``.

        Args:
            feats (tuple[Tensor]): The last one is used, ``(N, C, H, W)``.
            data_samples (list): ``N`` samples, with ``gt_score`` ``(E, )`` in
                all of them, or ``gt_label`` ``(1, )``.
            **kwargs: Ignored; mmpretrain's classifier passes some.

        Returns:
            dict[str, Tensor]: ``loss_fer``, a scalar.

        Raises:
            ValueError: If a label is out of range.
        """
        # Mixed samples have scores, and a batch is mixed as a whole.
        if 'gt_score' in data_samples[0]:
            labels = torch.stack([s.gt_score for s in data_samples])
        else:
            labels = torch.cat([s.gt_label for s in data_samples])
        self.check_labels(labels)
        return self.loss_of_labels(feats, labels.to(feats[-1].device))

    def loss_of_labels(self, feats: Tuple[Tensor, ...],
                       labels: Tensor) -> Dict[str, Tensor]:
        """Compute the loss against labels that have been checked.

        Args:
            feats (tuple[Tensor]): The last one is used, ``(N, C, H, W)``.
            labels (Tensor): ``(N, )`` int64, or ``(N, E)`` probabilities, on
                the device of the features.

        Returns:
            dict[str, Tensor]: ``loss_fer``, a scalar.
        """
        # float32 under autocast: half precision would round the softmax.
        return dict(loss_fer=self.loss_module(self(feats).float(), labels))

    def check_labels(self, labels: Tensor) -> None:
        """Check the range of labels ``(N, )``, but not of scores ``(N, E)``.

        On a GPU, cross_entropy would end in an assertion of CUDA; so labels
        had better be checked on the CPU, without waiting for the device.

        Raises:
            ValueError: If a label is out of range.
        """
        if labels.ndim > 1:
            return
        found = labels.tolist()
        if min(found) < 0:
            raise ValueError(
                f'label {min(found)} found: an image without a label, which '
                'only FERMTL leaves out; for other models set '
                '`neutral_frames=0` in the dataset')
        if max(found) >= self.num_classes:
            raise ValueError(
                f'label {max(found)} found, but num_classes='
                f'{self.num_classes} in the head; set it to the number of '
                'classes of the dataset')

    def predict(
        self,
        feats: Tuple[Tensor, ...],
        data_samples: Optional[List[ExpressionDataSample]] = None
    ) -> List[ExpressionDataSample]:
        """Fill in ``pred_score`` and ``pred_label``.

        Args:
            feats (tuple[Tensor]): The last one is used, ``(N, C, H, W)``.
            data_samples (list, optional): Samples to fill in, of this
                package or of mmpretrain. Defaults to None.

        Returns:
            list: ``N`` samples with ``pred_score`` ``(E, )``, probabilities,
            and ``pred_label`` ``(1, )`` int64.
        """
        scores = self(feats).float().softmax(dim=1)
        # As `model.predict(images)` calls it.
        if data_samples is None:
            data_samples = [ExpressionDataSample() for _ in scores]
        for sample, score in zip(data_samples, scores):
            label = score.argmax(dim=0, keepdim=True)
            sample.set_pred_score(score).set_pred_label(label)
        return data_samples


def reads_labels(head: Optional[nn.Module]) -> bool:
    """Return whether a head has the loss of :class:`FERHead`.

    Then its ``loss_of_labels`` can be called in the place of ``loss``.
    """
    return isinstance(head, FERHead) and type(head).loss is FERHead.loss
