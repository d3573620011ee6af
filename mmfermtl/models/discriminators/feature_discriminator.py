from typing import List, Optional, Tuple, Union

import torch
from mmengine.model import BaseModule, ModuleList
from mmengine.runner import CheckpointLoader
from torch import Tensor, nn
from torch.nn.modules.utils import _pair

from ...registry import MODELS
from ...utils.model_parts import build_part, fill_part
from .condition import check_condition


@MODELS.register_module()
class FeatureDiscriminator(BaseModule):
    """Classify features of an image as those of a real one, or not.

    The features are those of a frozen network that was trained on real
    images, so that what it learnt of expressions need not be learnt again by
    the adversarial training. On those of each stage a small network gives
    logits of patches, which are conditional by projection: the inner product
    of the embedded expression with the last features. Sources: Projected
    GANs, Sauer et al., NeurIPS 2021, here without their random mixing of
    stages; Miyato and Koyama, ICLR 2018.

    Args:
        num_classes (int): Number of expressions ``E``; 0 for an
            unconditional one.
        backbone (dict | nn.Module): Maps images to features ``(N, C_i, H_i,
            W_i)``, or a tuple of them. It is frozen: always in evaluation
            mode and never trained, though gradients flow through it.
        image_size (int | tuple[int, int]): Side, or height and width, of the
            images. Defaults to 48.
        in_channels (int): Channels of the image. Defaults to 1.
        channels (int): Channels of the networks on the features. Defaults to
            64.
        out_size (int): Largest side of the maps of logits; larger features
            are halved by 4x4 convolutions until they fit. Defaults to 6.
        image (dict | nn.Module, optional): A discriminator of the image
            itself, such as :class:`FESDiscriminator`, whose logits follow
            those of the features. Defaults to None.
        augment (dict | nn.Module, optional): Changes the images before all
            of that, in training, such as :class:`DifferentiableAugment`.
            Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.

    Raises:
        ValueError: If ``image`` gives expressions, too.

    Examples:
        >>> import torch
        >>> from mmfermtl.models import FeatureDiscriminator
        >>> net = FeatureDiscriminator(
        ...     num_classes=8,
        ...     backbone=dict(
        ...         type='mmfermtl.ConvFLUBackbone',
        ...         branches='fer',
        ...         sharing=None,
        ...         out_indices=(0, 1, 2)),
        ...     augment=dict(type='mmfermtl.DifferentiableAugment'))
        >>> maps = net(torch.rand(2, 1, 48, 48), torch.eye(8)[:2])
        >>> [tuple(logits.shape) for logits in maps]
        [(2, 1, 6, 6), (2, 1, 6, 6), (2, 1, 3, 3)]
    """

    def __init__(self,
                 num_classes: int,
                 backbone: Union[dict, nn.Module],
                 image_size: Union[int, Tuple[int, int]] = 48,
                 in_channels: int = 1,
                 channels: int = 64,
                 out_size: int = 6,
                 image: Union[dict, nn.Module, None] = None,
                 augment: Union[dict, nn.Module, None] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.backbone = build_part(backbone)
        # Optimizers and DDP have nothing to do with what has no gradient.
        self.backbone.requires_grad_(False)
        self.backbone.eval()
        with torch.no_grad():
            feats = self._extract(
                torch.zeros(1, in_channels, *_pair(image_size)))
        self.heads = ModuleList([
            _FeatureHead(
                feat.size(1), max(feat.shape[2:]), num_classes, channels,
                out_size) for feat in feats
        ])
        self.image = build_part(image)
        if getattr(self.image, 'classifies', False):
            raise ValueError(
                f'image={type(self.image).__name__} gives logits of '
                'expressions, which are not used here; give one of patches '
                'only, such as mmfermtl.FESDiscriminator')
        self.augment = build_part(augment)
        #: Whether the logits of an image do not depend on the others of its
        #: batch, so that real and generated images may share a pass.
        self.independent_images = self.image is None or getattr(
            self.image, 'independent_images', False)

    def init_weights(self) -> None:
        """Initialise the weights as MMEngine, and check the pretrained ones.

        Raises:
            ValueError: If the checkpoint of the backbone lacks weights of it,
                which MMEngine would leave as they are.
        """
        super().init_weights()
        cfg = getattr(self.backbone, 'init_cfg', None)
        if not isinstance(cfg, dict) or cfg.get('type') != 'Pretrained':
            return
        checkpoint = CheckpointLoader.load_checkpoint(cfg['checkpoint'], 'cpu')
        state = checkpoint.get('state_dict', checkpoint)
        prefix = f'{cfg["prefix"].rstrip(".")}.' if cfg.get('prefix') else ''
        given = {
            name: state[prefix + name]
            for name in self.backbone.state_dict() if prefix + name in state
        }
        fill_part(self.backbone, given,
                  f'FeatureDiscriminator: {cfg["checkpoint"]}')

    def train(self, mode: bool = True) -> 'FeatureDiscriminator':
        """Set the mode, except of the backbone, which stays in evaluation."""
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self,
                img: Tensor,
                score: Optional[Tensor] = None) -> Tuple[Tensor, ...]:
        """Classify the patches of images.

        Args:
            img (Tensor): ``(N, C, H, W)`` in [-1, 1].
            score (Tensor, optional): Expression that the image should show,
                ``(N, E)``; zeros for any. Defaults to None.

        Returns:
            tuple[Tensor]: Logits ``(N, 1, h, w)`` of the features of each
            stage, then those of ``image``.

        Raises:
            ValueError: If the expressions are missing or of another number.
        """
        if self.num_classes:
            score = check_condition(score, len(img), self.num_classes)
        if self.augment is not None:
            img = self.augment(img)
        feats = self._extract(img)
        maps = [head(feat, score) for head, feat in zip(self.heads, feats)]
        if self.image is not None:
            logits = self.image(img, score)
            maps.extend([logits] if isinstance(logits, Tensor) else logits)
        return tuple(maps)

    def _extract(self, img: Tensor) -> Tuple[Tensor, ...]:
        """Compute the features of images ``(N, C, H, W)``, as a tuple."""
        feats = self.backbone(img)
        return (feats, ) if isinstance(feats, Tensor) else tuple(feats)


class _FeatureHead(nn.Module):
    """Classify features of one stage, see :class:`FeatureDiscriminator`."""

    def __init__(self, in_channels: int, size: int, num_classes: int,
                 channels: int, out_size: int) -> None:
        super().__init__()
        layers: List[nn.Module] = [nn.Conv2d(in_channels, channels, 1)]
        while size > out_size:
            layers += [
                nn.LeakyReLU(0.2),
                nn.Conv2d(channels, channels, 4, stride=2, padding=1)
            ]
            size //= 2
        layers += [
            nn.LeakyReLU(0.2),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.LeakyReLU(0.2)
        ]
        self.layers = nn.Sequential(*layers)
        self.out = nn.Conv2d(channels, 1, 1)
        self.embed: Optional[nn.Linear] = None
        if num_classes:
            self.embed = nn.Linear(num_classes, channels, bias=False)

    def forward(self, feats: Tensor, score: Optional[Tensor]) -> Tensor:
        """Classify ``(N, C, H, W)`` as showing ``(N, E)``: ``(N, 1, h, w)``.
        """
        x = self.layers(feats)
        # float32 under autocast: sums over the channels lose half a digit.
        logits = self.out(x).float()
        if self.embed is None:
            return logits
        embedded = self.embed(score.to(x)).float()[..., None, None]
        fit = (x.float() * embedded).sum(1, keepdim=True)
        return logits + fit / x.size(1)**0.5
