"""Ways to tell the decoder which expression to paint."""
from typing import List, Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn


class LabelTransformer(BaseModule):
    """Turn a target vector into feature maps (``f_tra`` of the paper).

    A linear layer gives a map of 3x3, which is stretched to the size of the
    deepest features; each further map is twice as large, by a transposed
    convolution. The release of 2020 has a linear layer and one transposed
    convolution; the stretching, so that any image size works, and the
    further maps are ours. So are the batch norms, without which a label
    arrives at the last map a hundred times fainter than the features.

    Args:
        num_classes (int): Number of expressions ``E``.
        channels (int): Channels ``C`` of the maps.
        num_maps (int): Number of maps. Defaults to 1.
    """

    def __init__(self,
                 num_classes: int,
                 channels: int,
                 num_maps: int = 1) -> None:
        super().__init__()
        self.fc = nn.Linear(num_classes, 9 * channels)
        self.norm = nn.BatchNorm2d(channels)
        self.deconvs = nn.ModuleList([
            nn.Sequential(
                nn.ConvTranspose2d(
                    channels, channels, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(channels), nn.ReLU())
            for _ in range(num_maps - 1)
        ])

    def forward(self, score: Tensor, size: Sequence[int]) -> List[Tensor]:
        """Transform.

        Args:
            score (Tensor): Target vectors, ``(N, E)``.
            size (Sequence[int]): ``(H, W)`` of the deepest features.

        Returns:
            list[Tensor]: Maps ``(N, C, H, W)``, ``(N, C, 2 H, 2 W)`` and so
            on, non-negative.
        """
        x = F.relu(self.norm(self.fc(score).unflatten(1, (-1, 3, 3))))
        if tuple(size) != (3, 3):
            x = F.interpolate(
                x, tuple(size), mode='bilinear', align_corners=False)
        maps = [x]
        for deconv in self.deconvs:
            maps.append(deconv(maps[-1]))
        return maps


class LabelModulation(BaseModule):
    """Scale and shift features by the target vector.

    ``gamma * x + beta``, both linear in the target, behind an instance norm:
    the release of 2021. Its noise is left out; ``gamma`` begins at 1 (ours)
    so that the features pass when training begins.

    Args:
        num_classes (int): Number of expressions ``E``.
        channels (int): Channels ``C`` of the features.
        norm (bool): Whether to normalise each channel of each image first,
            which takes the light and the contrast of the source away.
            Defaults to True.
    """

    def __init__(self,
                 num_classes: int,
                 channels: int,
                 norm: bool = True) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels) if norm else nn.Identity()
        self.fc = nn.Linear(num_classes, 2 * channels)
        nn.init.xavier_normal_(self.fc.weight, gain=0.1)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x: Tensor, score: Tensor) -> Tensor:
        """``(N, C, H, W)`` and ``(N, E)`` to ``(N, C, H, W)``."""
        gamma, beta = self.fc(score)[..., None, None].chunk(2, dim=1)
        return self.norm(x) * (1 + gamma) + beta
