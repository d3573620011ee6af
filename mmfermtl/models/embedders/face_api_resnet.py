from typing import Any, Tuple

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


@MODELS.register_module()
class FaceApiResNet(BaseModule):
    """The face recognition network of dlib and of face-api.

    A residual network for RGB images of 150 px, which gives 128 numbers; it
    was trained by the author of dlib on some three million images. Its
    weights come from the npm package ``@vladmandic/face-api`` by
    ``tools/model_converters/faceapi_to_mmfermtl.py``, which folds the scale
    and shift that follow each convolution into it.

    Args:
        init_cfg (dict, optional): See MMEngine's ``BaseModule``.

    Examples:
        >>> embedder = dict(
        ...     type='mmfermtl.FileEmbedder',
        ...     path='checkpoints/face_api.pth',
        ...     network=dict(type='mmfermtl.FaceApiResNet'),
        ...     size=150,
        ...     mean=[122.782, 117.001, 104.298],
        ...     std=256.)
    """

    def __init__(self, init_cfg: Any = None) -> None:
        super().__init__(init_cfg)
        # Convolutions with a stride have no padding, as in dlib.
        self.conv32_down = nn.Conv2d(3, 32, 7, stride=2)
        self.blocks = nn.Sequential()
        for name, channels, width, halves in BLOCKS:
            self.blocks.add_module(name, _Block(channels, width, halves))
        self.fc = nn.Linear(256, 128, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Embed ``(N, 3, 150, 150)`` as ``(N, 128)``."""
        feats = F.relu(self.conv32_down(images))
        feats = self.blocks(F.max_pool2d(feats, 3, 2))
        return self.fc(feats.mean((2, 3)))


class _Block(nn.Module):
    """Two convolutions around which the input is added to their result."""

    def __init__(self, channels: int, width: int, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.conv1 = nn.Conv2d(
            channels,
            width,
            3,
            stride=2 if halves else 1,
            padding=0 if halves else 1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, feats: Tensor) -> Tensor:
        """Map ``(N, C, H, W)`` to ``(N, C', H', W')``."""
        out = self.conv2(F.relu(self.conv1(feats)))
        if self.halves:
            feats = F.avg_pool2d(feats, 2)
            # Without padding, the convolution of an even side gives one
            # pixel less; zeros stand for it, and for the new channels.
            lacking = [feats.size(d) - out.size(d) for d in (3, 2, 1)]
            out = F.pad(out, (0, lacking[0], 0, lacking[1]))
            feats = F.pad(feats, (0, 0, 0, 0, 0, -lacking[2]))
        return F.relu(out + feats)
