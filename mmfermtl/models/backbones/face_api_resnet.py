from typing import Any, List, Optional, Tuple, Union

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS

#: Names of the residual blocks, their input and output channels, and whether
#: they halve the height and width.
BLOCKS: Tuple[Tuple[str, int, int, bool], ...] = (
    ('conv32_1', 32, 32, False),
    ('conv32_2', 32, 32, False),
    ('conv32_3', 32, 32, False),
    ('conv64_down', 32, 64, True),
    ('conv64_1', 64, 64, False),
    ('conv64_2', 64, 64, False),
    ('conv64_3', 64, 64, False),
    ('conv128_down', 64, 128, True),
    ('conv128_1', 128, 128, False),
    ('conv128_2', 128, 128, False),
    ('conv256_down', 128, 256, True),
    ('conv256_1', 256, 256, False),
    ('conv256_2', 256, 256, False),
    ('conv256_down_out', 256, 256, True),
)
#: The stem, and the blocks of each resolution.
STAGES = 2 + sum(halves for *_, halves in BLOCKS)


@MODELS.register_module()
class FaceApiResNet(BaseModule):
    """The face recognition network of dlib and of face-api.

    A residual network for RGB images of 150 px, which gives 128 numbers; it
    was trained by the author of dlib on some three million images. Its
    weights come from the npm package ``@vladmandic/face-api`` by
    ``tools/model_converters/faceapi_to_mmfermtl.py``, which folds the scale
    and shift that follow each convolution into it.

    With ``num_stages`` it is a backbone for images of other sizes, with the
    same weights: as it pads what the published network cuts off, each stage
    halves the side, which :class:`DualBackbone` needs. Ours.

    Args:
        num_stages (int, optional): Number of stages of the backbone, from 1
            to 6: the stem, and the blocks at 1/4, 1/8, 1/16, 1/32 and 1/64
            of the side. Five suit 96 px. None means the network that embeds
            faces. Defaults to None.
        init_cfg (dict, optional): See MMEngine's ``BaseModule``.

    Raises:
        ValueError: If there are not so many stages.

    Examples:
        >>> embedder = dict(
        ...     type='mmfermtl.FileEmbedder',
        ...     path='checkpoints/face_api.pth',
        ...     network=dict(type='mmfermtl.FaceApiResNet'),
        ...     size=150,
        ...     mean=[122.782, 117.001, 104.298],
        ...     std=256.)
        >>> backbone = dict(
        ...     type='mmfermtl.DualBackbone',
        ...     branch=dict(type='mmfermtl.FaceApiResNet', num_stages=5),
        ...     pretrained='checkpoints/face_api.pth',
        ...     mean=[122.782, 117.001, 104.298],
        ...     std=[256.] * 3)
    """

    def __init__(self,
                 num_stages: Optional[int] = None,
                 init_cfg: Any = None) -> None:
        super().__init__(init_cfg)
        if num_stages is not None and not 1 <= num_stages <= STAGES:
            raise ValueError(f'FaceApiResNet: num_stages={num_stages}; give '
                             f'a number from 1 to {STAGES}, or None for the '
                             'whole network')
        padded = num_stages is not None
        self.conv32_down = nn.Conv2d(
            3, 32, 7, stride=2, padding=3 if padded else 0)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, padding=1 if padded else 0)
        self.blocks = nn.Sequential()
        # The stem and the first blocks are two stages.
        stage = 2
        for name, channels, width, halves in BLOCKS:
            stage += halves
            if num_stages is None or stage <= num_stages:
                self.blocks.add_module(name,
                                       _Block(channels, width, halves, padded))
        self.fc = None if padded else nn.Linear(256, 128, bias=False)
        #: Names of the children, in the order in which they run.
        self.layers: List[str] = ['conv32_down', 'relu']
        if len(self.blocks):
            self.layers += ['maxpool'] + [
                f'blocks.{name}' for name, _ in self.blocks.named_children()
            ]

    def forward(self, images: Tensor) -> Union[Tensor, Tuple[Tensor]]:
        """Embed faces, or extract features.

        Args:
            images (Tensor): RGB less its mean, divided by 256,
                ``(N, 3, H, W)``; 150 px for the network that embeds.

        Returns:
            Tensor | tuple: Embeddings ``(N, 128)``; of a backbone, the
            features of the last stage, ``(N, C, H', W')``.
        """
        feats = images
        for name in self.layers:
            feats = self.get_submodule(name)(feats)
        if self.fc is None:
            return (feats, )
        return self.fc(feats.mean((2, 3)))


class _Block(nn.Module):
    """Two convolutions around which the input is added to their result."""

    def __init__(self, channels: int, width: int, halves: bool,
                 padded: bool) -> None:
        super().__init__()
        self.halves = halves
        self.padded = padded
        # Convolutions with a stride have no padding, as in dlib.
        self.conv1 = nn.Conv2d(
            channels,
            width,
            3,
            stride=2 if halves else 1,
            padding=0 if halves else 1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, feats: Tensor) -> Tensor:
        """Map ``(N, C, H, W)`` to ``(N, C', H', W')``."""
        inputs = feats
        if self.halves and self.padded:
            # Behind the last pixels, so that the others are read as before.
            inputs = F.pad(feats, (0, 1, 0, 1))
        out = self.conv2(F.relu(self.conv1(inputs)))
        if self.halves:
            feats = F.avg_pool2d(feats, 2)
            # Without padding, the convolution of an even side gives one
            # pixel less; zeros stand for it, and for the new channels.
            lacking = [feats.size(d) - out.size(d) for d in (3, 2, 1)]
            out = F.pad(out, (0, lacking[0], 0, lacking[1]))
            feats = F.pad(feats, (0, 0, 0, 0, 0, -lacking[2]))
        return F.relu(out + feats)
