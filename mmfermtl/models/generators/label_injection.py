"""Ways to tell the decoder which expression to paint."""
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn


class LabelTransformer(BaseModule):
    """Turn a target vector into a feature map (``f_tra`` of the paper).

    A linear layer and a transposed convolution, as in the release of 2020;
    stretching the 3x3 map to the size of the features is ours, so that any
    image size works.

    Args:
        num_classes (int): Number of expressions ``E``.
        channels (int): Channels ``C`` of the map.
    """

    def __init__(self, num_classes: int, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(num_classes, channels)
        self.deconv = nn.ConvTranspose2d(channels, channels, 3)

    def forward(self, score: Tensor, size: tuple) -> Tensor:
        """``(N, E)`` and ``(H, W)`` to ``(N, C, H, W)``, non-negative."""
        x = F.relu(self.fc(score))[..., None, None]
        x = F.relu(self.deconv(x))
        return x if x.shape[2:] == size else F.interpolate(x, size)


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
