"""Feed the target expression into the generator."""
from typing import Dict, List, Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn


class LabelTransformer(BaseModule):
    """Turn a target vector into feature maps (``f_tra`` of the paper).

    A linear layer gives a map of 3x3, which is resized to the size of the
    deepest features; each further map is twice as large, by a transposed
    convolution. The release of 2020 has a linear layer and one transposed
    convolution; resizing, so that any image size works, and the further maps
    are ours. So is the initialisation, which gives all maps the scale of the
    features: with PyTorch's default the last map would be a hundred times
    weaker. There is no batch norm, so that the maps of a target do not depend
    on the other targets of its batch.

    Earlier checkpoints, which had batch norms here, are converted when they
    are loaded: the maps are those of the running statistics.

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
        # One entry of the target is 1, so a map has the scale of the weights.
        nn.init.normal_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)
        self.deconvs = nn.ModuleList([
            nn.Sequential(
                nn.ConvTranspose2d(channels, channels, 4, stride=2, padding=1),
                nn.ReLU()) for _ in range(num_maps - 1)
        ])
        for deconv, _ in self.deconvs:
            # Each pixel is a sum over 2x2 pixels of all channels.
            nn.init.normal_(deconv.weight, std=(2 / (4 * channels))**0.5)
            nn.init.zeros_(deconv.bias)

    def forward(self, score: Tensor, size: Sequence[int]) -> List[Tensor]:
        """Compute the label maps.

        Args:
            score (Tensor): Target vectors, ``(N, E)``.
            size (Sequence[int]): ``(H, W)`` of the deepest features.

        Returns:
            list[Tensor]: Maps ``(N, C, H, W)``, ``(N, C, 2 H, 2 W)`` and so
            on, values from 0.
        """
        x = F.relu(self.fc(score).unflatten(1, (-1, 3, 3)))
        if tuple(size) != (3, 3):  # 48 px, where it would change nothing
            x = F.interpolate(
                x, tuple(size), mode='bilinear', align_corners=False)
        # Each map doubles the size of the one before.
        maps = [x]
        for deconv in self.deconvs:
            maps.append(deconv(maps[-1]))
        return maps

    def _load_from_state_dict(self, state_dict: Dict[str, Tensor], prefix: str,
                              *args, **kwargs) -> None:
        """Fold the batch norms of earlier checkpoints into the weights."""
        _fold_norm(state_dict, f'{prefix}fc', f'{prefix}norm', dim=0)
        for i in range(len(self.deconvs)):
            layer = f'{prefix}deconvs.{i}'
            _fold_norm(state_dict, f'{layer}.0', f'{layer}.1', dim=1)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


def _fold_norm(state: Dict[str, Tensor], layer: str, norm: str,
               dim: int) -> None:
    """Fold a batch norm into the layer before it, in place.

    Nothing is done if the norm is missing; ``dim`` is that of the output
    channels in the weight.
    """
    if f'{norm}.running_var' not in state:
        return
    mean, var, gain, shift = (
        state.pop(f'{norm}.{name}')
        for name in ('running_mean', 'running_var', 'weight', 'bias'))
    state.pop(f'{norm}.num_batches_tracked', None)
    scale = gain / (var + 1e-5).sqrt()
    # A channel of the norm may cover several outputs of the layer, as the 9
    # pixels of the linear one.
    weight = state[f'{layer}.weight']
    repeats = weight.size(dim) // len(scale)
    scale, mean, shift = (
        x.repeat_interleave(repeats) for x in (scale, mean, shift))
    # Transposed convolutions before a norm had no bias.
    bias = state.get(f'{layer}.bias', torch.zeros_like(mean))
    shape = [1] * weight.ndim
    shape[dim] = -1
    state[f'{layer}.weight'] = weight * scale.reshape(shape)
    state[f'{layer}.bias'] = (bias - mean) * scale + shift


class LabelModulation(BaseModule):
    """Scale and shift features by the target vector.

    ``gamma * x + beta``, both linear in the target, after an instance norm:
    the release of 2021, without its noise. ``gamma`` is initialised with 1
    (ours), so that the features pass unchanged when training starts.

    Args:
        num_classes (int): Number of expressions ``E``.
        channels (int): Channels ``C`` of the features.
        norm (bool): Whether to normalise each channel of each image first,
            which removes the brightness and contrast of the source. Defaults
            to True.
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
        """Modulate features ``(N, C, H, W)`` by targets ``(N, E)``."""
        # (N, C, 1, 1) each, constant over the pixels.
        gamma, beta = self.fc(score)[..., None, None].chunk(2, dim=1)
        return self.norm(x) * (1 + gamma) + beta
