"""Define the stages that a branch of the backbone consists of."""
from typing import Optional, Tuple

import torch
from mmcv.cnn import ConvModule, build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


@MODELS.register_module()
class PlainStage(BaseModule):
    """Two 3x3 convolutions with norm and ReLU, then max-pooling.

    Source: the release of 2020 and Fig. 1 of the paper.

    Args:
        in_channels (int): Channels of the input.
        out_channels (int): Channels of the output.
        norm_cfg (dict): Norm layer. Defaults to ``dict(type='BN')``.
        pool (bool): Whether to halve the resolution. Defaults to True.
        num_convs (int): Number of convolutions. Defaults to 2.
        mid_channels (int, optional): Channels between the convolutions.
            None means ``out_channels``. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 norm_cfg: dict = dict(type='BN'),
                 pool: bool = True,
                 num_convs: int = 2,
                 mid_channels: Optional[int] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        # (in, mid, ..., mid, out)
        inner = [mid_channels or out_channels] * (num_convs - 1)
        widths = [in_channels, *inner, out_channels]
        self.convs = nn.Sequential(*[
            ConvModule(a, b, 3, padding=1, norm_cfg=norm_cfg)
            for a, b in zip(widths, widths[1:])
        ])
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Convert ``(N, C_in, H, W)`` to ``(N, C_out, H / 2, W / 2)``."""
        return self.pool(self.convs(x))


@MODELS.register_module()
class ResidualStage(BaseModule):
    """A basic residual block with a 1x1 shortcut, then max-pooling.

    Source: the release of 2021, whose shortcut has no norm.

    Args:
        in_channels (int): Channels of the input.
        out_channels (int): Channels of the output.
        norm_cfg (dict): Norm layer. Defaults to ``dict(type='BN')``.
        pool (bool): Whether to halve the resolution. Defaults to True.
        mid_channels (int, optional): Channels between the convolutions.
            None means ``out_channels``. Defaults to None.
        init_cfg (dict, optional): See MMEngine. Defaults to None.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 norm_cfg: dict = dict(type='BN'),
                 pool: bool = True,
                 mid_channels: Optional[int] = None,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        mid_channels = mid_channels or out_channels
        conv = dict(padding=1, bias=False, norm_cfg=norm_cfg)
        self.conv1 = ConvModule(in_channels, mid_channels, 3, **conv)
        # No activation: it follows the sum with the shortcut.
        self.conv2 = ConvModule(
            mid_channels, out_channels, 3, act_cfg=None, **conv)
        self.shortcut = (
            nn.Identity() if in_channels == out_channels else nn.Conv2d(
                in_channels, out_channels, 1, bias=False))
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Convert ``(N, C_in, H, W)`` to ``(N, C_out, H / 2, W / 2)``."""
        out = self.conv2(self.conv1(x)) + self.shortcut(x)
        return self.pool(torch.relu(out))


class JointBlock(BaseModule):
    """One residual block over the channels of both branches.

    Source: the release of 2021. Its second convolution is split into one half
    per branch, which is the same function, so that recognition can leave out
    the half that only synthesis needs.

    Args:
        channels (int): Channels ``C`` of one branch.
        norm_cfg (dict): Norm layer. Defaults to ``dict(type='BN')``.
        fer_only (bool): Whether to build only the half of recognition.
            Defaults to False.
    """

    def __init__(self,
                 channels: int,
                 norm_cfg: dict = dict(type='BN'),
                 fer_only: bool = False) -> None:
        super().__init__()
        self.conv1 = ConvModule(
            2 * channels,
            2 * channels,
            3,
            padding=1,
            bias=False,
            norm_cfg=norm_cfg)
        self.fer_conv2 = nn.Conv2d(
            2 * channels, channels, 3, padding=1, bias=False)
        self.fer_norm2 = build_norm_layer(norm_cfg, channels)[1]
        if not fer_only:
            self.fes_conv2 = nn.Conv2d(
                2 * channels, channels, 3, padding=1, bias=False)
            self.fes_norm2 = build_norm_layer(norm_cfg, channels)[1]
        self.pool = nn.MaxPool2d(2)

    def forward(self,
                fer: Tensor,
                fes: Tensor,
                fer_only: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
        """Run the block, ``(N, C, H, W)`` to ``(N, C, H / 2, W / 2)``.

        Args as in :meth:`~mmfermtl.models.ConvFLUExchange.forward`; the
        second value is None if ``fer_only``.
        """
        hidden = self.conv1(torch.cat([fer, fes], dim=1))  # (N, 2 C, H, W)
        fer = self.fer_norm2(self.fer_conv2(hidden)) + fer
        fer = self.pool(torch.relu(fer))
        if fer_only:
            return fer, None
        fes = self.fes_norm2(self.fes_conv2(hidden)) + fes
        return fer, self.pool(torch.relu(fes))
